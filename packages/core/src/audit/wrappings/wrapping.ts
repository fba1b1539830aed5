/**
 * The wrappings in which log shippers and log stores forward audit events, beside the platforms' own logs,
 * and their names.
 *
 * Invariant: a closed set, as the names are metric labels. Each has a sentence with what it is and the remedy
 * where no event can be read from it. Does not recognise them.
 */
import type { Platform } from '../platforms/platform.ts';

export const WRAPPINGS = [
  'CRI',
  'Docker',
  'Elastic',
  'Fluent Bit',
  'Kafka Connect',
  'Loki',
  'OTLP',
  'Splunk',
  'Vector',
  'klog',
  'kubectl',
  'syslog',
] as const;
export type Wrapping = (typeof WRAPPINGS)[number];

/** What a part of a log came in. */
export type Source = Platform | Wrapping;

const HAND_ON = 'forward the line of the audit log unchanged';

/** What it is, and what to do. */
const WORDS: Readonly<Record<Wrapping, readonly [what: string, advice: string]>> = {
  CRI: ['a CRI log line', 'give whole files of /var/log/pods, with the P lines that belong to an F line'],
  Docker: [
    'a line of Docker’s json-file log',
    'give whole files, as a long line is split over several of their lines',
  ],
  Elastic: [
    'a document of Filebeat or Elasticsearch',
    `${HAND_ON} in "message" or "event.original", or as an object in "kubernetes.audit" or "json"`,
  ],
  'Fluent Bit': [
    'a record of Fluent Bit or Fluentd',
    `${HAND_ON} in "log" or "message", with partial lines joined (multiline.parser docker, cri)`,
  ],
  'Kafka Connect': ['a record of Kafka Connect', 'have the audit event in "payload", as text or object'],
  Loki: ['an entry of Loki', `${HAND_ON}; of logcli take --output=raw or --output=jsonl, and no line_format`],
  OTLP: [
    'a log record of OpenTelemetry',
    `${HAND_ON} as body.stringValue, or the parsed event as body.kvlistValue`,
  ],
  Splunk: ['an event for Splunk’s HTTP Event Collector', `${HAND_ON} in "event", as text or object`],
  Vector: ['an event of Vector', `${HAND_ON} in "message", or the event itself`],
  klog: [
    'a line of the API server’s own log',
    'leave it out, or give it with the prefix of its container’s log',
  ],
  kubectl: ['a line of kubectl logs', 'leave --prefix and --timestamps away'],
  syslog: [
    'a syslog message',
    `${HAND_ON} as its MSG, and allow messages as long as events are (rsyslog: $MaxMessageSize)`,
  ],
};

export function isWrapping(source: Source): source is Wrapping {
  return (WRAPPINGS as readonly Source[]).includes(source);
}

/** For example: found a CRI log line without one (why); give whole files … */
export function unreadable(wrapping: Wrapping, why?: string): string {
  const [what, advice] = WORDS[wrapping];
  return `expected an audit event, found ${what} that none can be read from${why === undefined ? '' : ` (${why})`}: ${advice}`;
}
