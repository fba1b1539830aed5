/**
 * Reads settings and reports every problem at once.
 *
 * Invariant: what it returns is inside every bound and consistent. It reads the environment it is given and
 * the files of clusters and senders; it keeps no global.
 */
import { ArrivalsError, CLUSTER_NAME, didYouMean, messageOf } from '@arrivals/core/light';
import { readFileSync } from 'node:fs';
import { isLoopback } from '../http/loopback.ts';
import { readSendersFile, type Senders } from '../http/senders/senders-file.ts';
import {
  describeRange,
  OFF_LOOPBACK,
  type ServiceName,
  type SettingRow,
  type Settings,
  SETTINGS,
} from './settings.ts';
import { parseQuantity } from './settings/quantity.ts';
import { HOUR_MS, quantityUnit } from './settings/row.ts';

export interface Config extends Omit<Settings, 'clusters' | 'clustersFile' | 'offLoopback'> {
  /** Those of the settings and those of the senders file. */
  readonly clusters: ReadonlySet<string>;
  /** Who may send for which cluster; null: whoever reaches the port may, for each. */
  readonly senders: Senders | null;
  /** Whether alerts and dead letters are shown to this machine alone. */
  readonly readersLocal: boolean;
}

/**
 * How much of an audit topic on Kafka may outlive its retention: Kafka deletes whole segments, and this is how
 * long one is filled.
 */
export const AUDIT_SEGMENT_MS: number = HOUR_MS;

export const CLUSTERS_MAX = 5000;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ArrivalsError config_invalid, with a line for each problem. */
export function readConfig(env: Environment, service: ServiceName = 'up'): Config {
  const problems: string[] = [];
  const settings = Object.fromEntries(
    Object.entries(SETTINGS).map(([key, row]) => [key, readSetting(row, env, problems)]),
  ) as unknown as Settings;
  problems.push(...unknownSettings(env));
  const senders =
    settings.sendersFile === '' || !receives(service)
      ? null
      : readSendersFile(settings.sendersFile, problems);
  const clusters = readClusters(settings, senders, problems);
  checkConsistency(settings, service, problems);
  const problem = senders === null ? undefined : sendersProblem(settings, senders);
  if (problem !== undefined) problems.push(problem);
  if (problems.length > 0) throw new ArrivalsError('config_invalid', problems.join('\n'));
  const { clusters: _names, clustersFile: _clustersFile, offLoopback, ...rest } = settings;
  return {
    ...rest,
    clusters,
    senders,
    readersLocal: offLoopback !== OFF_LOOPBACK.unauthenticated && offLoopback !== OFF_LOOPBACK.both,
  };
}

function readSetting(row: SettingRow, env: Environment, problems: string[]): string | number {
  const text = row.secret === true ? readSecret(row.env, env, problems) : env[row.env];
  if (text === undefined || text === '') return row.default;
  const shown = row.secret === true ? '[redacted]' : JSON.stringify(text);
  const problem = (): string | number => {
    problems.push(`${row.env}: expected ${describeRange(row)}, found ${shown}`);
    return row.default;
  };
  switch (row.type) {
    case 'integer': {
      const value = parseQuantity(text, quantityUnit(row));
      return value !== undefined && value >= row.min && value <= row.max ? value : problem();
    }
    case 'choice':
      return row.choices.includes(text) ? text : problem();
    case 'text':
      return row.pattern.test(text) ? text : problem();
  }
}

/** From the variable, or from the file that the variable with _FILE behind its name has the path of. */
function readSecret(name: string, env: Environment, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return env[name];
  if (env[name] !== undefined && env[name] !== '')
    problems.push(`${name} and ${name}_FILE: expected one of them`);
  try {
    // A file that an editor or `echo` wrote ends with a line feed that is no part of the secret.
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    problems.push(`${name}_FILE: cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

/** What Kubernetes puts into every container of a namespace that has a Service named arrivals: NAME=VALUE. */
const KUBERNETES_SERVICE =
  /^\w+_(SERVICE_HOST=|SERVICE_PORT(_\w+)?=\d|PORT(_\d+_(TCP|UDP|SCTP))?=\w+:\/\/|PORT_\d+_\w+_(PROTO|PORT|ADDR)=)/;

/** A misspelt name would otherwise be ignored in silence. */
export function unknownSettings(env: Environment): readonly string[] {
  const known = new Set(
    Object.values(SETTINGS).flatMap((row) =>
      row.secret === true ? [row.env, `${row.env}_FILE`] : [row.env],
    ),
  );
  const unknown = Object.keys(env).filter(
    (name) =>
      name.startsWith('ARRIVALS_') &&
      !known.has(name) &&
      !KUBERNETES_SERVICE.test(`${name}=${env[name] ?? ''}`),
  );
  return unknown.map((name) => `${name}: no such setting${didYouMean(name, [...known])}`);
}

function readClusters(settings: Settings, senders: Senders | null, problems: string[]): ReadonlySet<string> {
  const names = [...(senders?.values() ?? [])].flatMap((clusters) => [...clusters]);
  names.push(...settings.clusters.split(',').map((name) => name.trim()));
  if (settings.clustersFile !== '') {
    try {
      const lines = readFileSync(settings.clustersFile, 'utf8').split('\n');
      names.push(...lines.map((line) => line.replace(/#.*/, '').trim()));
    } catch (error) {
      problems.push(`${SETTINGS.clustersFile.env}: cannot be read: ${messageOf(error)}`);
    }
  }
  const clusters = new Set(names.filter((name) => name !== ''));
  for (const name of clusters)
    if (!CLUSTER_NAME.test(name))
      problems.push(
        `${SETTINGS.clusters.env}: expected names of 1 to 63 of a-z, 0-9, "-" and ".", found ${JSON.stringify(name)}`,
      );
  if (clusters.size === 0)
    problems.push(`${SETTINGS.clusters.env}: expected at least one cluster name, found none`);
  if (clusters.size > CLUSTERS_MAX)
    problems.push(
      `${SETTINGS.clusters.env}: expected at most ${String(CLUSTERS_MAX)} names, found ${String(clusters.size)}`,
    );
  return clusters;
}

function receives(service: ServiceName): boolean {
  return service === 'up' || service === 'webhook';
}

function checkConsistency(settings: Settings, service: ServiceName, problems: string[]): void {
  if (service === 'up' || service === 'processor') checkClaims(settings, service === 'processor', problems);
  if (receives(service)) checkListener(settings, problems);
  if (service !== 'up') checkKafka(settings, problems);
  if (service === 'webhook' && settings.leaveMs >= settings.shutdownTimeoutMs)
    problems.push(
      `${SETTINGS.leaveMs.env}: expected less than ${SETTINGS.shutdownTimeoutMs.env} (${String(settings.shutdownTimeoutMs)}), found ${String(settings.leaveMs)}`,
    );
  if (settings.bodiesBytesMax < settings.bodyBytesMax)
    problems.push(
      `${SETTINGS.bodiesBytesMax.env}: expected at least ${SETTINGS.bodyBytesMax.env} (${String(settings.bodyBytesMax)}), found ${String(settings.bodiesBytesMax)}`,
    );
}

/**
 * On Kafka a copy of an event may be read so long after the first: in a webhook's spool, then in the topic
 * until its segment is deleted.
 */
function checkClaims(
  { claimTtlMs, auditRetentionMs, spoolAgeMaxMs }: Settings,
  onKafka: boolean,
  problems: string[],
): void {
  if (claimTtlMs > auditRetentionMs + (onKafka ? AUDIT_SEGMENT_MS + spoolAgeMaxMs : 0)) return;
  const and = onKafka
    ? `, the ${String(AUDIT_SEGMENT_MS)} that a segment of the topic is filled for and ${SETTINGS.spoolAgeMaxMs.env} (${String(spoolAgeMaxMs)}) together`
    : '';
  problems.push(
    `${SETTINGS.claimTtlMs.env}: expected more than ${SETTINGS.auditRetentionMs.env} (${String(auditRetentionMs)})${and}, found ${String(claimTtlMs)}: a redelivered event would make a second alert`,
  );
}

function checkListener(settings: Settings, problems: string[]): void {
  const { listenHost, offLoopback } = settings;
  bothOrNeither(settings, 'tlsCertFile', 'tlsKeyFile', problems);
  if (settings.tlsClientCaFile !== '' && settings.tlsCertFile === '')
    problems.push(
      `${SETTINGS.tlsClientCaFile.env}: client certificates need https, so expected ${SETTINGS.tlsCertFile.env} too`,
    );
  if (settings.tlsClientCaFile !== '' && settings.sendersFile === '')
    problems.push(
      `${SETTINGS.tlsClientCaFile.env}: expected ${SETTINGS.sendersFile.env} too: without it a client certificate decides nothing`,
    );
  if (settings.tlsCrlFile !== '' && settings.tlsClientCaFile === '')
    problems.push(
      `${SETTINGS.tlsCrlFile.env}: revokes client certificates, so expected ${SETTINGS.tlsClientCaFile.env} too`,
    );
  if (settings.connectionsPerPeerMax > settings.connectionsMax)
    problems.push(
      `${SETTINGS.connectionsPerPeerMax.env}: expected at most ${SETTINGS.connectionsMax.env} (${String(settings.connectionsMax)}), found ${String(settings.connectionsPerPeerMax)}`,
    );
  if (isLoopback(listenHost)) return;
  const plain = settings.tlsCertFile === '';
  const open = settings.sendersFile === '';
  const missing = [
    ...(plain && offLoopback !== OFF_LOOPBACK.plaintext
      ? ['TLS (ARRIVALS_TLS_CERT_FILE, ARRIVALS_TLS_KEY_FILE)']
      : []),
    ...(open && offLoopback !== OFF_LOOPBACK.unauthenticated
      ? ['knowing who sends (ARRIVALS_SENDERS_FILE)']
      : []),
  ];
  if (missing.length === 0 || offLoopback === OFF_LOOPBACK.both) return;
  const consent =
    plain && open ? OFF_LOOPBACK.both : plain ? OFF_LOOPBACK.plaintext : OFF_LOOPBACK.unauthenticated;
  problems.push(
    `${SETTINGS.listenHost.env}: ${listenHost} is reachable from other machines, which needs ${missing.join(' and ')}. ` +
      `Set that up (\`arrivals certs init\` makes what it takes), use 127.0.0.1, or say so in words: ${SETTINGS.offLoopback.env}=${consent}`,
  );
}

/** What the senders need and the settings lack. */
export function sendersProblem(
  { tlsClientCaFile }: Pick<Settings, 'tlsClientCaFile'>,
  senders: Senders,
): string | undefined {
  const certificate = [...senders.keys()].find((sender) => sender.startsWith('cert-'));
  if (certificate === undefined || tlsClientCaFile !== '') return undefined;
  return `${SETTINGS.sendersFile.env}: names client certificates (${JSON.stringify(certificate.slice(0, 80))}), so expected ${SETTINGS.tlsClientCaFile.env} too`;
}

function checkKafka(settings: Settings, problems: string[]): void {
  bothOrNeither(settings, 'kafkaTlsCertFile', 'kafkaTlsKeyFile', problems);
  if (settings.kafkaTls === 'off' && (settings.kafkaTlsCaFile !== '' || settings.kafkaTlsCertFile !== ''))
    problems.push(`${SETTINGS.kafkaTls.env}: expected on, as certificates are given, found off`);
  if (settings.kafkaSaslMechanism === 'none') {
    if (settings.kafkaSaslUsername !== '' || settings.kafkaSaslPassword !== '')
      problems.push(
        `${SETTINGS.kafkaSaslMechanism.env}: expected a mechanism, as a user or a password is given, found none`,
      );
  } else if (settings.kafkaSaslUsername === '' || settings.kafkaSaslPassword === '') {
    problems.push(
      `${SETTINGS.kafkaSaslUsername.env} and ${SETTINGS.kafkaSaslPassword.env}: expected both with ${settings.kafkaSaslMechanism}`,
    );
  }
  const topics = (['auditTopic', 'alertsTopic', 'alertsJsonTopic', 'deadLettersTopic'] as const).map(
    (key) => [SETTINGS[key].env, settings[key]] as const,
  );
  for (const [i, [env, name]] of topics.entries()) {
    const other = topics.slice(0, i).find(([, earlier]) => earlier === name);
    if (other !== undefined)
      problems.push(`${env}: expected another topic than ${other[0]}, found ${name} for both`);
  }
}

function bothOrNeither(
  settings: Settings,
  one: keyof Settings,
  other: keyof Settings,
  problems: string[],
): void {
  if ((settings[one] === '') !== (settings[other] === ''))
    problems.push(`${SETTINGS[one].env} and ${SETTINGS[other].env}: expected both or neither`);
}
