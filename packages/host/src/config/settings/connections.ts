/**
 * Settings of the HTTP server's connections: how many there may be, and how long each of them may take for
 * what it is at.
 *
 * Invariant: every wait for a client has a bound here. Bounds of bodies in bytes stand in listen.ts.
 */
import { MINUTE_MS, PATH_TEXT, type SettingRows } from './row.ts';

const RECEIVERS = ['up', 'webhook'] as const;
const SERVERS = ['up', 'webhook', 'processor'] as const;

const MS = { type: 'integer', unit: 'ms', services: SERVERS } as const;

export const CONNECTION_SETTINGS = {
  hosts: {
    env: 'ARRIVALS_HOSTS',
    type: 'text',
    default: '',
    pattern: /^[a-zA-Z0-9.:[\]_,\s-]*$/,
    takes: 'names and addresses without ports, with commas between',
    services: RECEIVERS,
    description:
      'Off loopback, the names by which requests may address this server (the Host header); others are answered 421. The address that a request came in on counts as listed, loopback’s names count for requests from this machine, and /healthz and /readyz answer to any. Empty: every name may post; alerts, where other machines may read them, are shown under addresses and names that nobody can register (one label, .svc, .local, .internal).',
  },
  tlsCrlFile: {
    env: 'ARRIVALS_TLS_CRL_FILE',
    ...PATH_TEXT,
    services: RECEIVERS,
    description:
      'PEM file with revocation lists (CRLs) of the CAs in ARRIVALS_TLS_CLIENT_CA_FILE, one for each. A client certificate that is on one makes nobody known; nor does any certificate of a CA whose list is missing or has expired. `arrivals certs revoke` writes one.',
  },
  reloadMs: {
    env: 'ARRIVALS_RELOAD_MS',
    type: 'integer',
    default: 2000,
    min: 100,
    max: 10 * MINUTE_MS,
    unit: 'ms',
    services: RECEIVERS,
    description:
      'How often the senders file, the client CAs, the revocation lists and the server’s certificate are looked at. What has changed, and is the same when looked at again, is used from then on; files that cannot be used change nothing.',
  },
  connectionsMax: {
    env: 'ARRIVALS_CONNECTIONS_MAX',
    type: 'integer',
    default: 2000,
    min: 10,
    max: 100_000,
    unit: 'connections',
    services: SERVERS,
    description:
      'Connections at a time. When there are so many, a new one takes the place of the one that is waited for longest and has not shown who it is; those of known senders give way last, requests under way that have arrived whole never. The process needs as many file descriptors, and a few hundred more.',
  },
  connectionsPerPeerMax: {
    env: 'ARRIVALS_CONNECTIONS_PER_PEER_MAX',
    type: 'integer',
    default: 1000,
    min: 10,
    max: 100_000,
    unit: 'connections',
    services: SERVERS,
    description:
      'Of these, connections from one address (IPv6: one /64 network); beyond it they give way among themselves, in the same order. API servers behind one load balancer or NAT share an address.',
  },
  requestsPerSenderMax: {
    env: 'ARRIVALS_REQUESTS_PER_SENDER_MAX',
    type: 'integer',
    default: 512,
    min: 1,
    max: 100_000,
    unit: 'requests',
    services: RECEIVERS,
    description:
      'Bodies of one sender under way at a time (without ARRIVALS_SENDERS_FILE: of one cluster); more are answered 503.',
  },
  handshakeTimeoutMs: {
    ...MS,
    env: 'ARRIVALS_HANDSHAKE_TIMEOUT_MS',
    default: 10_000,
    min: 100,
    max: MINUTE_MS,
    description: 'How long a TLS handshake may take.',
  },
  headerTimeoutMs: {
    ...MS,
    env: 'ARRIVALS_HEADER_TIMEOUT_MS',
    default: 10_000,
    min: 100,
    max: MINUTE_MS,
    description: 'How long a new connection may be silent, and the head of a request may take to arrive.',
  },
  bodyStallMs: {
    ...MS,
    env: 'ARRIVALS_BODY_STALL_MS',
    default: 10_000,
    min: 100,
    max: MINUTE_MS,
    description:
      'A body of which fewer than 1,024 bytes for each second came in so long ends its connection.',
  },
  bodyTimeoutMs: {
    ...MS,
    env: 'ARRIVALS_BODY_TIMEOUT_MS',
    default: MINUTE_MS,
    min: 1000,
    max: 10 * MINUTE_MS,
    description: 'How long a whole body may take to arrive. API servers give up after 30 s.',
  },
  answerStallMs: {
    ...MS,
    env: 'ARRIVALS_ANSWER_STALL_MS',
    default: 10_000,
    min: 100,
    max: 10 * MINUTE_MS,
    description: 'An answer of which nothing is taken for so long ends its connection.',
  },
  idleTimeoutMs: {
    ...MS,
    env: 'ARRIVALS_IDLE_TIMEOUT_MS',
    default: 2 * MINUTE_MS,
    min: 1000,
    max: 60 * MINUTE_MS,
    description:
      'How long a connection may stay open between requests. Longer than the 90 s for which an API server’s client keeps one, so that it is not this end that closes it just as a batch is sent.',
  },
} as const satisfies SettingRows;
