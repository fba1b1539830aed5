/**
 * Reads settings and reports every problem at once.
 *
 * Invariant: what it returns is inside every bound and consistent. It reads the environment it is given and the clusters
 * file; it keeps no global.
 */
import { ArrivalsError, CLUSTER_NAME, messageOf } from '@arrivals/core';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { OFF_LOOPBACK_CONSENT, type SettingRow, type Settings, SETTINGS, describeRange } from './settings.ts';

export interface Config extends Omit<Settings, 'clusters' | 'clustersFile' | 'offLoopback'> {
  readonly clusters: ReadonlySet<string>;
}

export const CLUSTERS_MAX = 5000;

/** @throws ArrivalsError config_invalid, with a line for each problem. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const settings = Object.fromEntries(Object.entries(SETTINGS).map(([key, row]) => [key, readSetting(row, env[row.env], problems)])) as unknown as Settings;
  reportUnknownNames(env, problems);
  const clusters = readClusters(settings, problems);
  checkConsistency(settings, problems);
  if (problems.length > 0) throw new ArrivalsError('config_invalid', problems.join('\n'));
  const { clusters: _names, clustersFile: _file, offLoopback: _consent, ...rest } = settings;
  return { ...rest, clusters };
}

function readSetting(row: SettingRow, text: string | undefined, problems: string[]): string | number {
  if (text === undefined || text === '') return row.default;
  const shown = row.secret === true ? '[redacted]' : JSON.stringify(text);
  const problem = (): string | number => {
    problems.push(`${row.env}: expected ${describeRange(row)}, found ${shown}`);
    return row.default;
  };
  switch (row.type) {
    case 'integer': {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= row.min && value <= row.max ? value : problem();
    }
    case 'choice':
      return row.choices.includes(text) ? text : problem();
    case 'text':
      return row.pattern.test(text) ? text : problem();
  }
}

/** What Kubernetes puts into every container of a namespace that has a Service named arrivals. */
const KUBERNETES_SERVICE = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?)$/;

/** A misspelt name would otherwise be ignored in silence. */
function reportUnknownNames(env: Readonly<Record<string, string | undefined>>, problems: string[]): void {
  const known = new Set(Object.values(SETTINGS).map((row) => row.env));
  for (const name of Object.keys(env)) {
    if (name.startsWith('ARRIVALS_') && !known.has(name) && !KUBERNETES_SERVICE.test(name)) problems.push(`${name}: no such setting`);
  }
}

function readClusters(settings: Settings, problems: string[]): ReadonlySet<string> {
  const names = settings.clusters.split(',').map((name) => name.trim());
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
    if (!CLUSTER_NAME.test(name)) problems.push(`${SETTINGS.clusters.env}: expected names of 1 to 63 of a-z, 0-9, "-" and ".", found ${JSON.stringify(name)}`);
  if (clusters.size === 0) problems.push(`${SETTINGS.clusters.env}: expected at least one cluster name, found none`);
  if (clusters.size > CLUSTERS_MAX) problems.push(`${SETTINGS.clusters.env}: expected at most ${String(CLUSTERS_MAX)} names, found ${String(clusters.size)}`);
  return clusters;
}

function checkConsistency(settings: Settings, problems: string[]): void {
  if (settings.claimTtlMs <= settings.auditRetentionMs) {
    problems.push(
      `${SETTINGS.claimTtlMs.env}: expected more than ${SETTINGS.auditRetentionMs.env} (${String(settings.auditRetentionMs)}), found ${String(settings.claimTtlMs)}: a redelivered event would make a second alert`,
    );
  }
  if ((settings.tlsCertFile === '') !== (settings.tlsKeyFile === ''))
    problems.push(`${SETTINGS.tlsCertFile.env} and ${SETTINGS.tlsKeyFile.env}: expected both or neither`);
  if (settings.bodiesBytesMax < settings.bodyBytesMax)
    problems.push(
      `${SETTINGS.bodiesBytesMax.env}: expected at least ${SETTINGS.bodyBytesMax.env} (${String(settings.bodyBytesMax)}), found ${String(settings.bodiesBytesMax)}`,
    );
  if (!isLoopback(settings.listenHost) && settings.offLoopback !== OFF_LOOPBACK_CONSENT) {
    problems.push(
      `${SETTINGS.listenHost.env}: ${settings.listenHost} is reachable from other machines, and nobody is authenticated: whoever reaches it can send events and read alerts. ` +
        `Use 127.0.0.1, or say so in words: ${SETTINGS.offLoopback.env}=${OFF_LOOPBACK_CONSENT}`,
    );
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || (isIPv6(host) && /^(?:0*:)*0*1$/.test(host));
}
