/** What a service that receives listens with, from its settings. */
import type { Config } from './config.ts';
import type { HttpServerOptions } from './http-server.ts';
import type { HostTelemetry } from './telemetry.ts';

export function listenOptions(config: Config, telemetry: HostTelemetry): Omit<HttpServerOptions, 'routes'> {
  return {
    host: config.listenHost,
    port: config.listenPort,
    ...tlsOf(config),
    onRefused: refusalTo(telemetry),
  };
}

/** Tells of every request that is refused. */
export function refusalTo(telemetry: HostTelemetry): HttpServerOptions['onRefused'] {
  return (error) => {
    telemetry.emit({ type: 'request_refused', code: error.code, detail: error.message });
  };
}

function tlsOf({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: Config): Pick<HttpServerOptions, 'tls'> {
  if (tlsCertFile === '') return {};
  return { tls: { certFile: tlsCertFile, keyFile: tlsKeyFile, ...(tlsClientCaFile === '' ? {} : { clientCaFile: tlsClientCaFile }) } };
}
