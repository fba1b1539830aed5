/**
 * arrivals up: webhook, processor and API in one process, until SIGTERM or Ctrl-C.
 *
 * Invariant: on a terminal people see each alert's line, and of the log what is wrong; everything else gets
 * the log alone, whole.
 */
import type { Service } from '@arrivals/host';
import { helpOf, SETTINGS } from '@arrivals/host/command';
import { banner } from '../banner.ts';
import { type Command, type Environment, parse, wantsColour } from '../command.ts';
import { invocation } from '../invocation.ts';
import { VERSION } from '../version.ts';

const ABOUT = `Runs everything in one process: the audit webhook, the processor, and the API that \`arrivals alerts\` asks. Needs nothing
else; what it receives and knows is kept in the data directory. Ends at SIGTERM or Ctrl-C after draining, with exit code 0.

  --port N          the port to listen on, before ${SETTINGS.listenPort.env}
  --data-dir DIR    the data directory, before ${SETTINGS.dataDir.env}

On a terminal each new alert is a line, and the log holds warnings and errors alone unless ${SETTINGS.logLevel.env} says otherwise.

Example: ARRIVALS_CLUSTERS=default,staging arrivals up --port 9090`;

type Settings = Environment['env'];

function upService({ stdout }: Pick<Environment, 'stdout'>, env: Settings): Service {
  let isNew = false;
  return {
    name: 'up',
    usage: '[--port N] [--data-dir DIR]',
    about: ABOUT,
    version: VERSION,
    start: async ({ config, log, telemetry, doing }) => {
      const [{ startEmbeddedService }, { writeAlertLines }] = await Promise.all([
        import('../embedded-service.ts'),
        import('../alerts/alert-lines.ts'),
      ]);
      const service = await startEmbeddedService(config, log, telemetry, doing);
      ({ isNew } = service);
      if (!stdout.isTTY) return service;
      const closing = new AbortController();
      const lines = writeAlertLines({
        bus: service.bus,
        write: (text) => stdout.write(text),
        colour: wantsColour(stdout, env),
        signal: closing.signal,
      }).catch((error: unknown) => {
        log.warn('alerts are no longer shown here', { error: String(error) });
      });
      return {
        ...service,
        close: async () => {
          closing.abort();
          await lines;
          await service.close();
        },
      };
    },
    banner: ({ url }, config) =>
      banner({
        url,
        config,
        sendersFile: env[SETTINGS.sendersFile.env] ?? '',
        command: invocation(env),
        isNew,
      }),
  };
}

export const upCommand: Command = {
  help: helpOf(upService(process, {})),
  readsSettings: true,
  run: async (args, environment) => {
    const { inLogFormat } = await import('@arrivals/host');
    return inLogFormat(environment, () => begin(args, environment));
  },
};

async function begin(args: readonly string[], environment: Environment): Promise<number> {
  const { runService } = await import('@arrivals/host');
  const { values } = parse(args, { port: { type: 'string' }, 'data-dir': { type: 'string' } });
  const env = {
    ...(environment.stderr.isTTY ? { [SETTINGS.logLevel.env]: 'warn' } : {}),
    ...withoutEmpty(environment.env),
    ...(values.port === undefined ? {} : { [SETTINGS.listenPort.env]: values.port }),
    ...(values['data-dir'] === undefined ? {} : { [SETTINGS.dataDir.env]: values['data-dir'] }),
  };
  return runService(upService(environment, env), { ...environment, env, args: [] });
}

/** A setting that is set to nothing has its default, also here. */
function withoutEmpty(env: Settings): Settings {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
