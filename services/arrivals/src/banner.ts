/**
 * The start message of `arrivals up`: its address, and the next commands.
 *
 * Invariant: every command works where it is pasted, for the served address, port and certificates. A command
 * with a part that only the operator knows has that part in capitals.
 */
import { shellWord } from '@arrivals/core/light';
import type { Config } from '@arrivals/host';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { INSTALLATION, VERSION } from './version.ts';

export interface BannerOptions {
  readonly url: string;
  readonly config: Config;
  /** The environment that the settings were read from. */
  readonly sendersFile: string;
  /** The first word of printed commands. */
  readonly command: string;
  /** Whether no event was ever received. */
  readonly isNew: boolean;
}

const CLUSTERS_SHOWN_MAX = 20;
/** A wildcard address, which clients cannot connect to. */
const EVERYWHERE = /\/\/(?:0\.0\.0\.0|\[::\])(?=:)/;
/** The default of --url. */
const DEFAULT_URL = 'http://127.0.0.1:8080';

export function banner(options: BannerOptions): string {
  const { url, config } = options;
  const names = [...config.clusters];
  const cluster = names[0] ?? '';
  const more = names.length > CLUSTERS_SHOWN_MAX ? ', …' : '';
  const all =
    names.length > 1 ? `   (clusters: ${names.slice(0, CLUSTERS_SHOWN_MAX).join(', ')}${more})` : '';
  const rows = [
    ['Webhook', `POST ${url}/v1/clusters/${cluster}/audit${all}`],
    ['Data', path.resolve(config.dataDir)],
    ...(options.command === 'arrivals' ? [] : [['Shell', `alias arrivals=${options.command}`]]),
    ...(config.senders === null
      ? []
      : [['Senders', `${String(config.senders.size)} known; others are refused`]]),
    readingRow(options, cluster),
    ['API server', webhookConfig(options, cluster)],
  ];
  return `Arrivals ${VERSION} is up.\n\n${rows.map(([name = '', text = '']) => `  ${name.padEnd(13)} ${text}\n`).join('')}\n`;
}

/**
 * At the first start, the commands for a first alert; later, or if a file for that is missing, the command
 * that reads alerts.
 */
function readingRow(options: BannerOptions, cluster: string): readonly [string, string] {
  const { url, config, command, isNew } = options;
  const here = url.replace(EVERYWHERE, '//127.0.0.1');
  const ca =
    config.tlsCertFile === ''
      ? ''
      : ` --ca-file ${shellWordOf(besides(config.tlsCertFile, 'ca.crt')) ?? 'CA_FILE'}`;
  const alerts = `${command} alerts${here === DEFAULT_URL ? '' : ` --url ${here}`}${ca}`;
  const sender = senderOptions(options, cluster);
  if (!isNew || sender === undefined || ca.endsWith('CA_FILE')) return ['Alerts', alerts];
  const sample = shellWord(path.join(INSTALLATION, 'samples/new-pod.jsonl'));
  return [
    'First alert',
    `${command} replay --to ${here} --cluster ${cluster}${ca}${sender} ${sample} && ${alerts}`,
  ];
}

/**
 * A sender's credential, from the files that `arrivals certs init` writes beside the senders file; undefined
 * if they do not exist.
 */
function senderOptions({ config, sendersFile }: BannerOptions, cluster: string): string | undefined {
  if (config.senders === null) return '';
  const certificate = shellWordOf(besides(sendersFile, `sender-${cluster}.crt`));
  const key = shellWordOf(besides(sendersFile, `sender-${cluster}.key`));
  return certificate === undefined || key === undefined
    ? undefined
    : ` --client-cert-file ${certificate} --client-key-file ${key}`;
}

function webhookConfig({ url, config, command }: BannerOptions, cluster: string): string {
  const ca =
    config.tlsCertFile === ''
      ? ''
      : ` --ca-file ${shellWordOf(besides(config.tlsCertFile, 'ca.crt')) ?? 'CA_FILE'}`;
  const known =
    config.senders === null ? '' : ', with --token-file, or --client-cert-file and --client-key-file';
  return `${command} webhook-config --cluster ${cluster} --url ${url.replace(EVERYWHERE, '//ADDRESS')}${ca}${known}`;
}

function besides(file: string, name: string): string | undefined {
  const beside = path.join(path.dirname(path.resolve(file)), name);
  return existsSync(beside) ? beside : undefined;
}

function shellWordOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : shellWord(file);
}
