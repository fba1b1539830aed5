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
  start: ({ config, log, telemetry }) => startEmbeddedService(config, log, telemetry),
  banner,
};

export const upCommand: Command = serviceCommand(upService);

function banner({ url }: RunningService, { clusters, dataDir }: Config): string {
  const names = [...clusters];
  const cluster = names[0] ?? '';
  const to = url === 'http://127.0.0.1:8080' ? '' : ` --url ${url}`;
  return `Arrivals ${VERSION} is up.

  Webhook       POST ${url}/v1/clusters/${cluster}/audit${names.length > 1 ? `   (clusters: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''})` : ''}
  Data          ${dataDir}
  First alert   npx arrivals replay --to ${url} --cluster ${cluster} ${SAMPLE} && npx arrivals alerts --format table${to}
  API server    npx arrivals webhook-config --cluster ${cluster} --url ${url}

`;
}
