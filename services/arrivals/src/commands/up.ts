/** arrivals up: webhook, processor and API in one process, until SIGTERM or Ctrl-C. */
import type { Config, RunningService, Service } from '@arrivals/host';
import type { Command } from '../command.ts';
import { startEmbeddedService } from '../embedded-service.ts';
import { serviceCommand } from '../service-command.ts';
import { VERSION } from '../version.ts';

const SAMPLE = 'samples/new-pod.jsonl';

const ABOUT = `Runs everything in one process: the audit webhook, the processor, and the API that \`arrivals alerts\` asks. Needs nothing
else; what it receives and knows is kept in the data directory. Ends at SIGTERM or Ctrl-C after draining, with exit code 0.

Example: ARRIVALS_CLUSTERS=default,staging arrivals up`;

const upService: Service = {
  name: 'up',
  summary: 'run the webhook, the processor and the API in one process',
  about: ABOUT,
  version: VERSION,
  start: ({ config, log, telemetry, doing }) => startEmbeddedService(config, log, telemetry, doing),
  banner,
};

export const upCommand: Command = serviceCommand(upService);

function banner({ url }: RunningService, config: Config): string {
  const names = [...config.clusters];
  const cluster = names[0] ?? '';
  const all = names.length > 1 ? `   (clusters: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''})` : '';
  const rows = [
    ['Webhook', `POST ${url}/v1/clusters/${cluster}/audit${all}`],
    ['Data', config.dataDir],
    ...(config.senders === null ? [] : [['Senders', `${String(config.senders.size)} known; others are refused`]]),
    readingRow(url, cluster, config),
    ['API server', `npx arrivals webhook-config --cluster ${cluster} --url ${url.replace(EVERYWHERE, '//ADDRESS')}${credentialsWords(url, config)}`],
  ];
  return `Arrivals ${VERSION} is up.\n\n${rows.map(([name = '', text = '']) => `  ${name.padEnd(13)} ${text}\n`).join('')}\n`;
}

/** An address to listen on that is none to connect to. */
const EVERYWHERE = /\/\/(?:0\.0\.0\.0|\[::\])(?=:)/;

/** The line that shows a first alert, where no certificate is in the way; otherwise how alerts are read. */
function readingRow(url: string, cluster: string, { senders, tlsCertFile }: Config): readonly [string, string] {
  const here = url.replace(EVERYWHERE, '//127.0.0.1');
  const to = here === 'http://127.0.0.1:8080' ? '' : ` --url ${here}`;
  const alerts = `npx arrivals alerts --format table${to}${tlsCertFile === '' ? '' : ' --ca-file CA'}`;
  if (senders !== null || tlsCertFile !== '') return ['Alerts', alerts];
  return ['First alert', `npx arrivals replay --to ${here} --cluster ${cluster} ${SAMPLE} && ${alerts}`];
}

function credentialsWords(url: string, { senders }: Config): string {
  const ca = url.startsWith('https:') ? ' --ca-file CA' : '';
  return senders === null ? ca : `${ca}, with --token-file, or --client-cert-file and --client-key-file`;
}
