/** Reaching brokers that want a login over TLS, and what is said when it does not work. */
import { openKafkaBus } from '@arrivals/adapters/kafka';
import type { ArrivalsError, Bus } from '@arrivals/core';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Certificate, loopbackCertificate } from '../support/infrastructure/certificate.ts';
import { kafka, type KafkaCluster, startKafka } from '../support/infrastructure/kafka.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { Distributed } from '../support/distributed.ts';
import { arrivals, type RunningArrivals } from '../support/arrivals.ts';
import { eventList, podCreation } from '../support/audit-events.ts';
import { eventually } from '../support/eventually.ts';
import { silent } from '../support/telemetry.ts';

const LOGIN = { username: 'app', password: 'not a real one' };

describe('a broker with TLS and SCRAM-SHA-512', () => {
  let cluster: KafkaCluster;
  let certificate: Certificate;
  let ca: string;
  const opened: Bus[] = [];

  before(async function () {
    this.timeout(STARTING_MS);
    certificate = await loopbackCertificate();
    ca = readFileSync(certificate.caFile, 'utf8');
    cluster = await startKafka({ sasl: LOGIN, tls: certificate });
  });
  afterEach(() => Promise.all(opened.splice(0).map((bus) => bus.close())));
  after(() => cluster.stop());

  const open = (connection: { readonly tls?: { readonly ca?: string }; readonly password?: string }): Bus => {
    const { tls, password = LOGIN.password } = connection;
    const sasl = { mechanism: 'scram-sha-512' as const, username: LOGIN.username, password };
    const bus = openKafkaBus({
      connection: { brokers: cluster.brokers, sasl, ...(tls === undefined ? {} : { tls }) },
      telemetry: silent,
    });
    opened.push(bus);
    return bus;
  };

  const refused = (pattern: RegExp) => (error: unknown) =>
    (error as ArrivalsError).code === 'bus_unavailable' && pattern.test((error as Error).message);

  it('accepts a client that trusts its CA and has the password', async () => {
    await open({ tls: { ca } }).check(AbortSignal.timeout(8000));
  });

  it('refuses a wrong password, in words that do not repeat it', async () => {
    await assert.rejects(
      open({ tls: { ca }, password: 'wrong-secret' }).check(AbortSignal.timeout(8000)),
      (error: unknown) =>
        refused(/SASL|authentication/i)(error) && !(error as Error).message.includes('wrong-secret'),
    );
  });

  it('is not trusted without its CA', async () => {
    await assert.rejects(
      open({ tls: {} }).check(AbortSignal.timeout(30_000)),
      refused(/certificate|self.signed|Connection/i),
    );
  }).timeout(40_000);

  it('carries a whole service: topics, webhook and its readiness', async () => {
    const settings = {
      ARRIVALS_KAFKA_TLS: 'on',
      ARRIVALS_KAFKA_TLS_CA_FILE: certificate.caFile,
      ARRIVALS_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      ARRIVALS_KAFKA_SASL_USERNAME: LOGIN.username,
      ARRIVALS_KAFKA_SASL_PASSWORD: LOGIN.password,
    };
    const distributed = await Distributed.create(settings, cluster.brokers, 'redis://127.0.0.1:1');
    const { code, stdout, stderr } = await arrivals(['topics', 'apply'], { settings: distributed.settings });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /: created\n/);
    const webhook: RunningArrivals = await distributed.start('webhook', { ARRIVALS_LISTEN_PORT: '0' });
    assert.equal((await webhook.post(eventList([podCreation()]))).status, 200);
    await eventually(
      'readiness',
      async () => (await fetch(`${webhook.url}/readyz`)).status === 200 || undefined,
    );
    await distributed.stop();
  }).timeout(60_000);
});

describe('an unresponsive broker that accepts connections, named first', () => {
  let silentBroker: Server;
  let named: readonly string[];
  const sockets = new Set<Socket>();

  before(async function () {
    this.timeout(STARTING_MS);
    const { brokers } = await kafka();
    silentBroker = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silentBroker, 'listening');
    named = [`127.0.0.1:${String((silentBroker.address() as AddressInfo).port)}`, ...brokers];
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    silentBroker.close();
  });

  it('keeps nobody from the others for longer than a request may take', async () => {
    const bus = openKafkaBus({ connection: { brokers: named }, telemetry: silent });
    try {
      await bus.check(AbortSignal.timeout(25_000));
    } finally {
      await bus.close();
    }
    assert.ok(sockets.size > 0, 'nobody came to it');
  }).timeout(40_000);
});
