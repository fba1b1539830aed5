// A container's health check: asks the service in it whether it is ready, and ends with 0 if it is, else with
// 1. Slim images have no curl. Where to ask follows from the service's own settings, so that one line does
// for every service.
import http from 'node:http';
import https from 'node:https';

const TIMEOUT_MS = 4000;

const { ARRIVALS_HEALTH_PORT, ARRIVALS_LISTEN_PORT, ARRIVALS_TLS_CERT_FILE } = process.env;
const port = ARRIVALS_HEALTH_PORT || ARRIVALS_LISTEN_PORT || '8080';
// Senders verify the certificate; readiness does not depend on it.
const [client, options] = ARRIVALS_TLS_CERT_FILE ? [https, { rejectUnauthorized: false }] : [http, {}];

// Until the answer is known.
process.exitCode = 1;
const request = client.get(
  { host: '127.0.0.1', port, path: '/readyz', agent: false, timeout: TIMEOUT_MS, ...options },
  (response) => {
    // Docker keeps the output of a check: docker inspect shows it.
    response.pipe(process.stdout);
    response.once('end', () => {
      if (response.statusCode === 200) process.exitCode = 0;
    });
  },
);
request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
request.once('error', ({ message }) => {
  process.stderr.write(`${message}\n`);
});
