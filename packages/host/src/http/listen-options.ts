/** Listen options of a service, from its settings. */
import type { ArrivalsError, ConnectionDropReason } from '@arrivals/core';
import type { Config } from '../config/config.ts';
import type { WatchOptions } from '../file-watch.ts';
import { parseHosts } from './http-hosts.ts';
import type { HttpServerOptions } from './http-server.ts';
import { knownByCertificate } from './senders/authorize.ts';
import type { LiveSenders } from './senders/live-senders.ts';
import type { HostTelemetry } from '../telemetry/telemetry.ts';

/** For a service that receives batches. */
export function listenOptions(
  config: Config,
  telemetry: HostTelemetry,
  live: Pick<LiveSenders, 'senders'>,
): Omit<HttpServerOptions, 'routes'> {
  return {
    ...observedBy(config, telemetry),
    port: config.listenPort,
    hosts: parseHosts(config.hosts),
    reload: reloading(config, telemetry),
    senderOf: (socket) =>
      live.senders === null ? undefined : knownByCertificate(socket, live.senders, Date.now()),
    ...tlsOf(config),
  };
}

type Observed = Pick<HttpServerOptions, 'host' | 'limits' | 'onRefused' | 'onDropped'>;

/** Reports every refused request, and every closed connection. */
export function observedBy(config: Config, telemetry: HostTelemetry): Observed {
  return {
    host: config.listenHost,
    limits: config,
    onRefused: (error: ArrivalsError, from: string) => {
      telemetry.emit({ type: 'request_refused', code: error.code, detail: error.message, from });
    },
    onDropped: (reason: ConnectionDropReason, from: string) => {
      telemetry.emit({ type: 'connection_dropped', reason, from });
    },
  };
}

/** How the senders and TLS files are reloaded. */
export function reloading({ reloadMs }: Config, telemetry: HostTelemetry): WatchOptions {
  return {
    everyMs: reloadMs,
    onReload: (of, outcome, detail) => {
      telemetry.emit({ type: 'files_reloaded', of, outcome, detail });
    },
  };
}

function tlsOf({
  tlsCertFile,
  tlsKeyFile,
  tlsClientCaFile,
  tlsCrlFile,
}: Config): Pick<HttpServerOptions, 'tls'> {
  if (tlsCertFile === '') return {};
  return {
    tls: {
      certFile: tlsCertFile,
      keyFile: tlsKeyFile,
      ...(tlsClientCaFile === '' ? {} : { clientCaFile: tlsClientCaFile }),
      ...(tlsCrlFile === '' ? {} : { crlFile: tlsCrlFile }),
    },
  };
}
