/** What a service listens with, from its settings. */
import type { ArrivalsError, ConnectionDropReason } from '@arrivals/core';
import type { Config } from '../config/config.ts';
import type { WatchOptions } from '../file-watch.ts';
import { parseHosts } from './http-hosts.ts';
import type { HttpServerOptions } from './http-server.ts';
import { knownByCertificate } from './senders/authorize.ts';
import type { LiveSenders } from './senders/live-senders.ts';
import type { HostTelemetry } from '../telemetry/telemetry.ts';

/** Of a service that receives. */
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

/** Tells of every request that is refused, and of every connection that is ended. */
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

/** How files that say whom to trust are looked at again. */
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
