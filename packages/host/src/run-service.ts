/**
 * The life of a service: read settings, start, say where it is, serve until a signal, drain.
 *
 * Invariant: it ends with success only after draining; a service that can't go on ends the process, so that
 * whoever runs it starts it anew.
 */
import { ArrivalsError, messageOf } from '@arrivals/core/light';
import { once } from 'node:events';
import { type Config, readConfig } from './config/config.ts';
import { keepToJson, logFatal, logFormat } from './telemetry/log-format.ts';
import { createLog, type Log } from './telemetry/log.ts';
import { EXIT, exitCodeOf, type ProcessEnvironment } from './run-process.ts';
import { helpOf, type ServiceText } from './service-help.ts';
import { createTelemetry, type HostTelemetry } from './telemetry/telemetry.ts';
import { startWatchdog } from './watchdog/watchdog.ts';

export interface RunningService {
  readonly url: string;
  /** Rejects when the service can't go on; resolves after close(). */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export interface ServiceContext {
  readonly config: Config;
  readonly log: Log;
  readonly telemetry: HostTelemetry;
  /** Aborts at a signal, also while the service is starting. */
  readonly signal: AbortSignal;
  /** Takes what is being processed, in words, for whoever has to say it should the process hang. */
  readonly doing: (words: string) => void;
}

export interface Service extends ServiceText {
  readonly version: string;
  readonly start: (context: ServiceContext) => Promise<RunningService>;
  /** For stdout, once it is up. */
  readonly banner: (service: RunningService, config: Config) => string;
}

/** Resolves with the exit code. @throws ArrivalsError */
export function runService(service: Service, environment: ProcessEnvironment): Promise<number> {
  return inLogFormat(environment, () => run(service, environment));
}

/** What goes wrong in `begin` is told as the service's log is written: in JSON it is a line of JSON. */
export async function inLogFormat(
  { env, stderr, signal }: Pick<ProcessEnvironment, 'env' | 'stderr' | 'signal'>,
  begin: () => Promise<number>,
): Promise<number> {
  if (logFormat(env, stderr) === 'text') return begin();
  const log = createLog('info');
  keepToJson(log);
  try {
    return await begin();
  } catch (error) {
    const code = exitCodeOf(error, signal);
    if (code !== EXIT.interrupted) logFatal(log, error);
    return code;
  }
}

async function run(
  service: Service,
  { args, env, stdout, stderr, signal }: ProcessEnvironment,
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    stdout.write(helpOf(service));
    return EXIT.ok;
  }
  const [unexpected] = args;
  if (unexpected !== undefined)
    throw new ArrivalsError(
      'usage',
      `${service.name} takes no arguments, found ${JSON.stringify(unexpected)}`,
    );
  const config = readConfig(env, service.name);
  const log = createLog(config.logLevel, logFormat(env, stderr));
  const telemetry = createTelemetry(log, config.clusters);
  const watchdog = startWatchdog(service.name, config.hangTimeoutMs);
  const running = await untilAborted(
    service.start({ config, log, telemetry, signal, doing: watchdog.doing }),
    signal,
  );
  stdout.write(service.banner(running, config));
  log.info('up', { service: service.name, url: running.url, version: service.version });
  try {
    await Promise.race([running.ended, signal.aborted ? undefined : once(signal, 'abort')]);
  } catch (cause) {
    // Why it ended is what has to be told, whatever becomes of draining.
    await withinTime(running.close(), config.shutdownTimeoutMs).catch((error: unknown) => {
      log.error('not drained', { error: messageOf(error) });
    });
    telemetry.flush();
    throw cause;
  }
  log.info('draining');
  await withinTime(running.close(), config.shutdownTimeoutMs);
  telemetry.flush();
  await watchdog.stop();
  log.info('down', { ledger: telemetry.ledger.report() });
  return EXIT.ok;
}

/** A signal ends a start that waits for Kafka; the process takes what was begun with it. */
async function untilAborted<T>(starting: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
  return Promise.race([starting, aborted]);
}

async function withinTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => {
      reject(
        new ArrivalsError(
          'not_drained',
          `not drained within ${String(timeoutMs)} ms; what was acknowledged is safe`,
        ),
      );
    }, timeoutMs).unref();
  });
  await Promise.race([work, late]);
}
