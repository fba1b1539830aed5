/**
 * Audit events as log shippers and stores hand them on: the shapes are those of their documentation, the
 * events our own.
 */
type Json = Readonly<Record<string, unknown>>;

/** What holds one line of an audit log; of a file of them, each is a line. */
export interface WrappedForm {
  readonly name: string;
  readonly wrapping: string;
  /** The line as text in it. */
  readonly text?: (line: string) => unknown;
  /** The event in it as an object. */
  readonly object?: (event: Json) => unknown;
}

const TIME = '2026-11-22T14:08:53.123456789Z';
const AT_SECONDS = 1_795_356_533.123;
const KUBERNETES: Json = {
  pod_name: 'kube-apiserver-cp-1',
  namespace_name: 'kube-system',
  container_name: 'kube-apiserver',
  host: 'cp-1',
};

/** A CRI log line, as the kubelet's runtime writes it. */
export function criLine(content: string, stream = 'stdout', tag = 'F'): string {
  return `${TIME} ${stream} ${tag} ${content}`;
}

export function dockerRecord(line: string, stream = 'stdout'): Json {
  return { log: line, stream, time: TIME };
}

/** OTLP's AnyValue of a JSON value. */
export function anyValue(value: unknown): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (value === null) return {};
  return {
    kvlistValue: {
      values: Object.entries(value as Json).map(([key, member]) => ({ key, value: anyValue(member) })),
    },
  };
}

export function otlp(body: Json, attributes: readonly Json[] = []): Json {
  return {
    resourceLogs: [
      { resource: { attributes }, scopeLogs: [{ scope: {}, logRecords: [{ timeUnixNano: '1', body }] }] },
    ],
  };
}

/** A row of AKSAudit. */
export function azureRow(event: Json): Json {
  return {
    TenantId: 't',
    TimeGenerated: TIME,
    Level: event['level'],
    AuditId: event['auditID'],
    Stage: event['stage'],
    RequestUri: event['requestURI'],
    Verb: event['verb'],
    User: event['user'],
    SourceIps: event['sourceIPs'],
    UserAgent: event['userAgent'],
    ObjectRef: event['objectRef'],
    ResponseStatus: event['responseStatus'],
    RequestObject: event['requestObject'],
    ResponseObject: event['responseObject'],
    RequestReceivedTime: event['requestReceivedTimestamp'],
    StageReceivedTime: event['stageTimestamp'],
    Annotations: event['annotations'],
    PodName: 'kube-apiserver-1',
    Type: 'AKSAudit',
  };
}

/** As the command line of Azure prints a row: what is dynamic as a text. */
export function azureTextRow(event: Json): Json {
  const cells = Object.entries(azureRow(event)).map(
    ([key, cell]) => [key, typeof cell === 'object' ? JSON.stringify(cell) : cell] as const,
  );
  return Object.fromEntries(cells.map(([key, cell]) => [key, cell ?? '']));
}

const insights = (message: string): Json => ({
  results: [
    [
      { field: '@timestamp', value: '2026-11-22 14:08:53.000' },
      { field: '@logStream', value: 'kube-apiserver-audit-1' },
      { field: '@message', value: message },
    ],
  ],
  statistics: { recordsMatched: 1 },
  status: 'Complete',
});

export const WRAPPED_FORMS: readonly WrappedForm[] = [
  { name: 'Docker’s json-file', wrapping: 'Docker', text: (line) => dockerRecord(`${line}\n`) },
  { name: 'Fluent Bit’s log', wrapping: 'Fluent Bit', text: (log) => ({ log }), object: (log) => ({ log }) },
  {
    name: 'Fluent Bit’s log with Kubernetes’ metadata',
    wrapping: 'Fluent Bit',
    text: (log) => ({ date: AT_SECONDS, stream: 'stdout', logtag: 'F', log, kubernetes: KUBERNETES }),
    object: (log) => ({ date: AT_SECONDS, log, kubernetes: KUBERNETES }),
  },
  {
    name: 'Fluentd’s message',
    wrapping: 'Fluent Bit',
    text: (message) => ({ message }),
    object: (message) => ({ message }),
  },
  {
    name: 'a record with its time',
    wrapping: 'Fluent Bit',
    text: (log) => [AT_SECONDS, { log }],
    object: (log) => [AT_SECONDS, { log }],
  },
  {
    name: 'a record with time and metadata',
    wrapping: 'Fluent Bit',
    text: (log) => [[AT_SECONDS, {}], { log }],
    object: (log) => [[AT_SECONDS, {}], { log }],
  },
  {
    name: 'a record with tag and time',
    wrapping: 'Fluent Bit',
    text: (log) => ['kube.audit', AT_SECONDS, { log }],
    object: (log) => ['kube.audit', AT_SECONDS, { log }],
  },
  {
    name: 'a list of records with their times',
    wrapping: 'Fluent Bit',
    text: (log) => [[AT_SECONDS, { log }]],
    object: (log) => [[AT_SECONDS, { log }]],
  },
  {
    name: 'Filebeat’s message',
    wrapping: 'Elastic',
    text: (message) => ({
      '@timestamp': TIME,
      message,
      log: { offset: 1, file: { path: '/var/log/audit.log' } },
      ecs: { version: '8.0.0' },
    }),
  },
  {
    name: 'Filebeat’s json',
    wrapping: 'Elastic',
    object: (json) => ({ '@timestamp': TIME, json, agent: { type: 'filebeat' } }),
  },
  {
    name: 'kubernetes.audit',
    wrapping: 'Elastic',
    object: (audit) => ({
      '@timestamp': TIME,
      kubernetes: { audit },
      event: { dataset: 'kubernetes.audit_logs' },
    }),
  },
  {
    name: 'event.original',
    wrapping: 'Elastic',
    text: (original) => ({ '@timestamp': TIME, event: { original, module: 'kubernetes' } }),
  },
  {
    name: 'Elasticsearch’s hits',
    wrapping: 'Elastic',
    text: (message) => ({
      took: 1,
      hits: {
        total: { value: 1 },
        hits: [{ _index: 'audit', _id: '1', _source: { '@timestamp': TIME, message } }],
      },
    }),
    object: (event) => ({ took: 1, hits: { hits: [{ _index: 'audit', _id: '1', _source: event }] } }),
  },
  {
    name: 'a hit alone',
    wrapping: 'Elastic',
    text: (message) => ({ _index: 'a', _source: { '@timestamp': TIME, message } }),
    object: (audit) => ({ _index: 'a', _source: { kubernetes: { audit } } }),
  },
  {
    name: 'Vector’s message',
    wrapping: 'Vector',
    text: (message) => ({
      file: '/var/log/audit.log',
      host: 'cp-1',
      message,
      source_type: 'file',
      timestamp: TIME,
    }),
    object: (message) => ({ host: 'cp-1', message, source_type: 'http_server', timestamp: TIME }),
  },
  {
    name: 'Splunk’s event',
    wrapping: 'Splunk',
    text: (event) => ({ time: 1, host: 'cp-1', sourcetype: 'kube:apiserver-audit', event }),
    object: (event) => ({ time: 1, sourcetype: 'kube:apiserver-audit', event }),
  },
  {
    name: 'Splunk’s event and nothing else',
    wrapping: 'Splunk',
    text: (event) => ({ event }),
    object: (event) => ({ event }),
  },
  {
    name: 'a result of Splunk',
    wrapping: 'Splunk',
    text: (_raw) => ({ preview: false, result: { _raw, _time: TIME } }),
  },
  { name: 'CloudWatch Logs Insights', wrapping: 'EKS', text: insights },
  {
    name: 'an export of CloudWatch Logs Insights',
    wrapping: 'EKS',
    text: (message) => [{ '@timestamp': TIME, '@message': message }],
    object: (message) => [{ '@timestamp': TIME, '@message': message }],
  },
  { name: 'AKSAudit', wrapping: 'AKS', object: azureRow },
  { name: 'AKSAudit in records', wrapping: 'AKS', object: (event) => ({ records: [azureRow(event)] }) },
  {
    name: 'AKSAudit as the command line prints it',
    wrapping: 'AKS',
    object: (event) => [azureTextRow(event)],
  },
  {
    name: 'AKSAudit as a query’s table',
    wrapping: 'AKS',
    object: (event) => {
      const row = azureTextRow(event);
      return {
        tables: [
          {
            name: 'PrimaryResult',
            columns: Object.keys(row).map((name) => ({ name, type: 'string' })),
            rows: [Object.values(row)],
          },
        ],
      };
    },
  },
  {
    name: 'AzureDiagnostics',
    wrapping: 'AKS',
    text: (log_s) => ({ Category: 'kube-audit', ResourceId: '/SUBSCRIPTIONS/S', log_s, TimeGenerated: TIME }),
  },
  {
    name: 'Loki’s push',
    wrapping: 'Loki',
    text: (line) => ({ streams: [{ stream: { job: 'audit' }, values: [['1795356533123456789', line]] }] }),
  },
  {
    name: 'Loki’s answer',
    wrapping: 'Loki',
    text: (line) => ({
      status: 'success',
      data: { resultType: 'streams', result: [{ stream: { job: 'audit' }, values: [['1', line, {}]] }] },
    }),
  },
  {
    name: 'logcli’s jsonl',
    wrapping: 'Loki',
    text: (line) => ({ labels: { job: 'audit' }, line, timestamp: TIME }),
  },
  {
    name: 'OTLP',
    wrapping: 'OTLP',
    text: (stringValue) => otlp({ stringValue }),
    object: (event) => otlp(anyValue(event)),
  },
  {
    name: 'Kafka Connect',
    wrapping: 'Kafka Connect',
    text: (payload) => ({ schema: { type: 'string', optional: false }, payload }),
    object: (payload) => ({ schema: { type: 'struct', fields: [] }, payload }),
  },
  {
    name: 'kcat -J',
    wrapping: 'Kafka Connect',
    text: (payload) => ({ topic: 'audit', partition: 0, offset: 1, ts: 1, key: null, payload }),
  },
];

/** Lines that are no JSON. */
export const WRAPPED_LINES: readonly {
  readonly name: string;
  readonly wrapping: string;
  readonly line: (event: string) => string;
}[] = [
  { name: 'CRI', wrapping: 'CRI', line: (event) => criLine(event) },
  {
    name: 'logcli',
    wrapping: 'Loki',
    line: (event) => `2026-11-22T14:08:53+01:00 {app="audit", path="/a b}{\\"", x="1"} ${event}`,
  },
  { name: 'logcli without labels', wrapping: 'Loki', line: (event) => `2026-11-22T14:08:53Z {} ${event}` },
  {
    name: 'RFC 5424',
    wrapping: 'syslog',
    line: (event) => `<134>1 ${TIME} cp-1 kube-apiserver 1234 audit - ${event}`,
  },
  {
    name: 'RFC 5424 with data',
    wrapping: 'syslog',
    line: (event) => `<134>1 ${TIME} cp-1 audit - ID47 [a@1 b="c\\]\\"d" e="f"][g@2] \uFEFF${event}`,
  },
  {
    name: 'RFC 5424 with its length',
    wrapping: 'syslog',
    line: (event) => `4711 <134>1 ${TIME} cp-1 audit - - - ${event}`,
  },
  {
    name: 'RFC 3164',
    wrapping: 'syslog',
    line: (event) => `<134>Nov  2 14:08:53 cp-1 kube-audit[123]: ${event}`,
  },
  {
    name: 'rsyslog’s file',
    wrapping: 'syslog',
    line: (event) => `2026-11-22T14:08:53.123456+00:00 cp-1 kube-audit: @cee: ${event}`,
  },
  { name: 'journalctl', wrapping: 'syslog', line: (event) => `Nov 22 14:08:53 cp-1 k3s[123]: ${event}` },
  { name: 'kubectl logs --timestamps', wrapping: 'kubectl', line: (event) => `${TIME} ${event}` },
  {
    name: 'kubectl logs --prefix',
    wrapping: 'kubectl',
    line: (event) => `[pod/kube-apiserver-cp-1/kube-apiserver] ${event}`,
  },
  {
    name: 'Fluentd’s file',
    wrapping: 'Fluent Bit',
    line: (event) => `2026-11-22T14:08:53+00:00\tkube.audit\t{"log":${JSON.stringify(event)}}`,
  },
];
