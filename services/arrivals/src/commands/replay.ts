/**
 * arrivals replay: sends audit logs through the pipeline, on a throw-away store or to a running webhook.
 *
 * Invariant: both ways post to the same webhook over HTTP, so a replay shows the same alerts as a cluster.
 */
import type { LedgerReport } from '@arrivals/core';
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import { writeFileSync } from 'node:fs';
import { type AlertFormat, formatAlert, tableHeader } from '../alerts/table.ts';
import {
  auditUrl,
  clusterName,
  type Command,
  duration,
  type Environment,
  EXIT,
  formatFor,
  httpUrl,
  parse,
  wantsColour,
  wholeNumber,
} from '../command.ts';
import { CREDENTIAL_OPTIONS, type Credentials, credentialsFor } from '../api-client/credentials.ts';
import { HttpClient } from '../api-client/http-client.ts';
import { PlatformsFound } from '../replay/platforms.ts';
import { plural } from '../replay/plural.ts';
import { Progress } from '../replay/progress.ts';
import { BATCH_EVENTS_MAX, FIRST_BACKOFF_MS, Sender, type Sent, TRIES } from '../replay/sender.ts';

const HELP = `Usage: arrivals replay [options] FILE…      (- is standard input)

Sends audit events through the pipeline: audit logs (an event a line), EventList documents, and platforms' logs, recognised by
their shape, each plain, gzipped or in zstd. Without --to it runs the same pipeline on a temporary store and prints the alerts; with
--to it posts to a running webhook like an API server: batches of at most 10 MB, with retries and Retry-After.

  AKS        records of Event Hubs or of a storage account: {"category":"kube-audit","properties":{"log":…}}
  EKS        CloudWatch subscription data, plain or as gzip in base64; what \`aws logs filter-log-events\` prints
  GKE        entries of Cloud Logging, what \`gcloud logging read --format json\` prints, Pub/Sub messages
  OpenShift  records of a ClusterLogForwarder

Also in the formats of log shippers and stores, also nested; lines of the API server's own log are left out:

  CRI, Docker    files of /var/log/pods and of the json-file driver, long lines in parts; kubectl logs
  Fluent Bit, Fluentd    {"log":…} or {"message":…}, [time, record], [[time, {}], record], out_file
  Filebeat, Elasticsearch    "message", "json", "kubernetes.audit", "event.original"; hits with "_source"
  Vector, Splunk    "message"; {"event":…} of the HTTP Event Collector, one after the other, "_raw" of an export
  AKS, EKS    rows of AKSAudit, AKSAuditAdmin and AzureDiagnostics; results of CloudWatch Logs Insights with @message
  Loki    streams of push and of query, logcli's default, raw and jsonl output
  syslog    RFC 5424 and RFC 3164 in front of JSON
  OTLP    resourceLogs, with body.stringValue or body.kvlistValue
  Kafka    {"schema":…,"payload":…}, and what kcat -J and the REST proxy print

    --cluster NAME     the cluster of the events (default: default)
  --format FORMAT    table: for people, default on a terminal; json: an alert a line, default elsewhere
  --json             --format json
    --ledger FILE      write the account of all events to this file, as JSON
  --to URL           post to the Arrivals at this URL
  --ca-file FILE     with an https URL: PEM file with the CA of its certificate
  --client-cert-file FILE, --client-key-file FILE, --token-file FILE
                                          with --to: the sender's credential, a PEM certificate and key or a bearer token
  --batch-events N   at most so many events a batch (default ${String(BATCH_EVENTS_MAX)}, as an API server's)
    --tries N          attempts for a batch (default ${String(TRIES)}, as an API server's)
  --backoff-ms MS    first wait before a retry, also as 500ms or 10s (default ${String(FIRST_BACKOFF_MS)}, as an API server's)
    --wait             with --to: retry also while the connection is refused; otherwise that ends the replay

Alerts are printed to stdout; progress and the account to stderr. Exit code 0; 2 if events were set aside as dead letters or
are larger than the webhook accepts; 65 if a file is no audit log, and then nothing is sent; 1 for a failure.

Example: arrivals replay --format table samples/new-pod.jsonl
`;

interface ReplayOptions {
  readonly files: readonly string[];
  readonly cluster: string;
  readonly format: AlertFormat;
  readonly colour: boolean;
  readonly waits: boolean;
  readonly ledgerFile: string | undefined;
  readonly to: URL | undefined;
  readonly credentials: Credentials;
  readonly batchEventsMax: number;
  readonly tries: number;
  readonly firstBackoffMs: number;
}

export const replayCommand: Command = {
  help: HELP,
  run: async (args, environment) => {
    const options = readOptions(args, environment);
    // The readers and the pipeline are slow to load.
    const { checkInputs } = await import('../replay/input.ts');
    await checkInputs(options.files, environment.signal);
    return options.to === undefined
      ? replayHere(options, environment)
      : replayTo(options.to, options, environment);
  },
};

function readOptions(args: readonly string[], { stdout, env }: Environment): ReplayOptions {
  const { values, positionals } = parse(
    args,
    {
      cluster: { type: 'string', default: 'default' },
      format: { type: 'string' },
      json: { type: 'boolean', default: false },
      wait: { type: 'boolean', default: false },
      ledger: { type: 'string' },
      to: { type: 'string' },
      ...CREDENTIAL_OPTIONS,
      'batch-events': { type: 'string', default: String(BATCH_EVENTS_MAX) },
      tries: { type: 'string', default: String(TRIES) },
      'backoff-ms': { type: 'string', default: String(FIRST_BACKOFF_MS) },
    },
    true,
  );
  if (positionals.length === 0)
    throw new ArrivalsError('usage', 'expected at least one file, or - for standard input');
  const to = values.to === undefined ? undefined : httpUrl('to', values.to);
  if (values.wait && to === undefined) throw new ArrivalsError('usage', '--wait: expected --to with it');
  return {
    files: positionals,
    cluster: clusterName(values.cluster),
    format: formatFor(values, stdout),
    colour: wantsColour(stdout, env),
    waits: values.wait,
    ledgerFile: values.ledger,
    to,
    credentials: credentialsFor(to, values),
    batchEventsMax: Math.max(1, wholeNumber('batch-events', values['batch-events'], 10_000)),
    tries: Math.max(1, wholeNumber('tries', values.tries, 1_000_000)),
    firstBackoffMs: duration('backoff-ms', values['backoff-ms'], 600_000),
  };
}

async function replayHere(
  options: ReplayOptions,
  { env, stdout, stderr, signal }: Environment,
): Promise<number> {
  const { startThrowAway } = await import('../replay/throw-away.ts');
  const throwAway = await startThrowAway(options.cluster, env);
  try {
    if (options.format === 'table') stdout.write(`${tableHeader(options.colour)}\n`);
    const printing = throwAway.forEachAlert((alert) =>
      stdout.write(`${formatAlert(alert, options.format, options.colour)}\n`),
    );
    const { tooLarge, retries } = await send(options, new URL(throwAway.url), stderr, signal);
    await throwAway.settled(signal);
    await printing;
    const report = throwAway.ledger();
    writeLedger(options, { ...report });
    stderr.write(`${describeLedger(report)}\n`);
    if (retries > 0)
      stderr.write(
        `${plural(retries, 'batch was', 'batches were')} sent again: events of a lost response may count twice\n`,
      );
    return Object.keys(report.deadLettered).length > 0 || tooLarge > 0 ? EXIT.setAside : EXIT.ok;
  } finally {
    await throwAway.close();
  }
}

async function replayTo(to: URL, options: ReplayOptions, { stderr, signal }: Environment): Promise<number> {
  const sent = await send(options, to, stderr, signal);
  writeLedger(options, { ...sent });
  stderr.write(
    `${plural(sent.events, 'event')} sent in ${plural(sent.batches, 'batch', 'batches')}, ${String(sent.retries)} tried again, ${String(sent.deadLettered)} set aside, ${String(sent.tooLarge)} too large\n`,
  );
  return sent.deadLettered > 0 || sent.tooLarge > 0 ? EXIT.setAside : EXIT.ok;
}

async function send(
  options: ReplayOptions,
  base: URL,
  stderr: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<Sent> {
  const progress = new Progress(stderr);
  const sender = new Sender({
    url: auditUrl(base, options.cluster),
    client: new HttpClient(options.credentials),
    batchEventsMax: options.batchEventsMax,
    tries: options.tries,
    firstBackoffMs: options.firstBackoffMs,
    waits: options.waits,
    ...(options.to === undefined ? { answerTimeoutMs: Number.POSITIVE_INFINITY } : {}),
    signal,
    onTooLarge: (bytes, why) => {
      progress.note(`an event of ${String(bytes)} bytes was refused: ${why}`);
    },
    onRetry: (why, waitMs) => {
      progress.note(`retrying in ${(waitMs / 1000).toFixed(1)} s: ${why}`);
    },
  });
  const { readItems } = await import('../replay/input.ts');
  const platforms = new PlatformsFound();
  for (const file of options.files) {
    for await (const { bytes, bad } of readItems(file, signal, (part) => {
      platforms.count(part);
      if (part.kind === 'refused') progress.note(`${file}: ${part.detail}`);
    })) {
      if (bad !== undefined) progress.note(`${bad}: expected JSON; sent as a text for the dead-letter topic`);
      signal.throwIfAborted();
      await sender.add(bytes);
      progress.step(file, platforms.names);
    }
  }
  await sender.flush();
  progress.end();
  for (const line of platforms.lines()) stderr.write(`${line}\n`);
  return sender.sent;
}

function writeLedger({ ledgerFile }: ReplayOptions, ledger: Readonly<Record<string, unknown>>): void {
  if (ledgerFile === undefined) return;
  try {
    writeFileSync(ledgerFile, `${JSON.stringify(ledger, null, 2)}\n`);
  } catch (error) {
    throw new ArrivalsError('input_unreadable', `${ledgerFile} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function describeLedger(report: LedgerReport): string {
  return (
    `${plural(report.accepted, 'event')}: ${plural(report.alerted, 'alert')}, ${describe(report.filtered, 'filtered')}, ` +
    `${String(report.duplicate)} duplicate, ${describe(report.deadLettered, 'set aside')}, ${String(report.inFlight)} in flight`
  );
}

function describe(counts: Readonly<Record<string, number>>, word: string): string {
  const entries = Object.entries(counts);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return `${String(total)} ${word}${total === 0 ? '' : ` (${entries.map(([reason, count]) => `${reason} ${String(count)}`).join(', ')})`}`;
}
