/**
 * docker-compose.yml and deploy/Dockerfile, tried without Docker: the image's files are made by the
 * Dockerfile's own steps, and its commands run, with the environment that Compose would give them, on a Kafka
 * and a Redis that are set up as there. What only Docker could show (networks, users, limits) is looked at as
 * text.
 */
import { readConfig, SETTINGS, settingsOf } from '@arrivals/host';
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from '../support/arrivals.ts';
import {
  type Composed,
  startComposedKafka,
  startComposedRedis,
} from '../support/containers/compose-infrastructure.ts';
import { composeFile, type ComposeService } from '../support/containers/compose-file.ts';
import { Container } from '../support/containers/container.ts';
import { DockerIgnore } from '../support/containers/docker-ignore.ts';
import { build, type Image, inRoot } from '../support/containers/dockerfile.ts';
import { eventually } from '../support/eventually.ts';
import { readTopic } from '../support/infrastructure/kcat.ts';
import { STARTING_MS } from '../support/infrastructure/ready.ts';
import { steadyPorts } from '../support/ports.ts';
import { removeFolder, temporaryFolder } from '../support/temporary.ts';

const OURS = ['topics', 'webhook', 'processor'] as const;
const LASTING = ['webhook', 'processor'] as const;
/** For what Kafka and Redis take to be away, or back. */
const NOTICED_MS = 60_000;

const file = composeFile('docker-compose.yml');
const tls = composeFile('deploy/docker-compose.tls.yml');

function service(name: string, from = file): ComposeService {
  const found = from.services[name];
  assert.ok(found, name);
  return found;
}

describe('docker-compose.yml', () => {
  for (const name of OURS) {
    it(`gives ${name} settings that it knows and takes`, () => {
      const { environment = {}, command = [] } = service(name);
      assert.equal(command[0], name);
      const known = settingsOf(name).map(({ env }) => env);
      assert.deepEqual(
        Object.keys(environment).filter((variable) => !known.includes(variable)),
        [],
      );
      readConfig(environment, name);
    });
  }

  it('passes on what is set where Compose runs', () => {
    const { environment = {} } = service(
      'webhook',
      composeFile('docker-compose.yml', { ARRIVALS_CLUSTERS: 'prod,staging' }),
    );
    assert.deepEqual([...readConfig(environment, 'webhook').clusters], ['prod', 'staging']);
  });

  it('publishes the webhook alone, on loopback', () => {
    const published = Object.entries(file.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => `${name} ${port}`),
    );
    assert.deepEqual(published, ['webhook 127.0.0.1:8080:8080']);
    const reachable = Object.entries(file.services).filter(([, { networks = [] }]) =>
      networks.some((network) => file.networks[network]?.internal !== true),
    );
    assert.deepEqual(
      reachable.map(([name]) => name),
      ['webhook'],
    );
  });

  it('starts a service when what it needs is ready, and knows of each whether it is', () => {
    const needs = Object.fromEntries(
      OURS.map((name) => [
        name,
        Object.entries(service(name).depends_on ?? {}).map(([on, { condition }]) => `${on}: ${condition}`),
      ]),
    );
    const [kafka, redis, topics] = [
      'kafka: service_healthy',
      'redis: service_healthy',
      'topics: service_completed_successfully',
    ];
    assert.deepEqual(needs, { topics: [kafka], webhook: [kafka, topics], processor: [kafka, redis, topics] });
    const unchecked = Object.keys(file.services).filter((name) => service(name).healthcheck === undefined);
    assert.deepEqual(unchecked, ['topics']);
  });

  it('lets services drain, restarts them, and keeps the data', () => {
    for (const name of LASTING) {
      const { environment = {}, stop_grace_period: grace = '', restart } = service(name);
      assert.ok(
        Number(/^(\d+)s$/.exec(grace)?.[1]) * 1000 > readConfig(environment, name).shutdownTimeoutMs,
        `${name}: ${grace}`,
      );
      assert.equal(restart, 'unless-stopped');
    }
    assert.equal(service('topics').restart, 'no');
    assert.deepEqual(
      [service('kafka').volumes, service('redis').volumes],
      [['kafka:/var/lib/kafka/data'], ['redis:/data']],
    );
    assert.deepEqual(Object.keys(file.volumes), ['kafka', 'redis']);
  });

  it('bounds every service’s memory, and takes from ours what they do not need', () => {
    for (const name of Object.keys(file.services))
      assert.match(service(name).mem_limit ?? '', /^\d+m$/, name);
    for (const name of OURS) {
      const { read_only, init, cap_drop, security_opt } = service(name);
      assert.deepEqual(
        { read_only, init, cap_drop, security_opt },
        { read_only: true, init: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
      );
    }
  });

  it('names the versions of images', () => {
    for (const name of ['kafka', 'redis']) assert.match(service(name).image ?? '', /:\d+\.\d+/);
  });
});

describe('what is deployed, without Docker', function () {
  this.timeout(STARTING_MS);
  let folder: string;
  let image: Image;

  before(async () => {
    folder = await temporaryFolder();
    const { dockerfile = '', context = '' } = service('webhook').build ?? {};
    assert.equal(path.resolve(REPOSITORY, context), path.resolve(REPOSITORY));
    image = await build(path.join(REPOSITORY, dockerfile), REPOSITORY, folder);
  });
  after(() => removeFolder(folder));

  const ended = async (
    args: readonly string[],
  ): Promise<{ readonly code: number | null; readonly output: string }> => {
    const container = Container.run(image, args);
    const code = await container.ended;
    return { code, output: container.output };
  };

  describe('the image', () => {
    it('holds what runs, and neither tests, sources, development dependencies nor more than 60 MB', () => {
      const files = filesOf(image.root);
      assert.deepEqual(readdirSync(inRoot(image, '.')).sort(), [
        'LICENSE',
        'deploy',
        'node_modules',
        'packages',
        'samples',
        'schemas',
        'services',
      ]);
      const isOurs = ({ name }: Found): boolean => !name.includes('node_modules/');
      const unwanted = files
        .filter(
          (found) => isOurs(found) && /\.ts$(?<!\.d\.ts)|tsbuildinfo|\.spec\.|(^|\/)test\//.test(found.name),
        )
        .map(({ name }) => name);
      assert.deepEqual(unwanted, []);
      for (const name of ['typescript', 'mocha', 'eslint', 'yaml', '@types/node'])
        assert.equal(existsSync(inRoot(image, `node_modules/${name}`)), false, name);
      assert.deepEqual(
        files.filter(({ name }) => !existsSync(path.join(image.root, name))).map(({ name }) => name),
        [],
      );
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      assert.ok(bytes < 60_000_000, `${String(bytes)} bytes`);
    });

    it('is of a named version, and runs as a user that is not root', () => {
      assert.match(image.base, /^node:\d+\.\d+\.\d+-\w+-slim$/);
      assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/);
    });

    it('runs every command', async () => {
      for (const args of [
        ['--help'],
        ['webhook', '--help'],
        ['processor', '--help'],
        ['topics', '--help'],
        ['up', '--help'],
      ]) {
        const { code, output } = await ended(args);
        assert.deepEqual([code, /^Usage: arrivals|\nUsage: arrivals/.test(output)], [0, true], output);
      }
      assert.match(
        (await ended(['webhook-config', '--cluster', 'default', '--url', 'http://127.0.0.1:8080'])).output,
        /kind: Policy/,
      );
      const replayed = await ended(['replay', '--format', 'table', 'samples/new-pod.jsonl']);
      assert.match(replayed.output, /New K8s Pod .*root-shell/);
      assert.equal((await ended(['no-such-command'])).code, 64);
    });

    it('gets nothing that is nobody’s business', async () => {
      const ignore = await DockerIgnore.read(REPOSITORY);
      const secrets = [
        'certs/ca.key',
        'deploy/certs/server.key',
        '.env',
        'deploy/.env',
        '.arrivals/data.mdb',
        '.git/config',
        'test/unit/a.spec.ts',
        'node_modules/a/b.js',
      ];
      assert.deepEqual(
        [...secrets, 'packages/core/dist/index.js', 'services/arrivals/node_modules/a.js'].filter(
          (name) => !ignore.keepsOut(name),
        ),
        [],
      );
      assert.equal(ignore.keepsOut('packages/core/src/index.ts'), false);
    });
  });

  describe('its services', () => {
    let kafka: Composed;
    let redis: Composed;
    let ports: Readonly<Record<string, number>>;
    let written: readonly Found[];
    const started: Composed[] = [];
    const running = new Map<string, Container>();

    before(async () => {
      written = filesOf(image.root);
      const [webhook = 0, processor = 0, secure = 0] = await steadyPorts(3);
      ports = { webhook, processor, secure };
      [kafka, redis] = await Promise.all([
        startComposedKafka(service('kafka')),
        startComposedRedis(service('redis')),
      ]);
      started.push(kafka, redis);
    });
    after(async () => {
      await Promise.all(
        [...running.values()]
          .filter(({ isRunning }) => isRunning)
          .map((container) => container.stop('SIGKILL')),
      );
      await Promise.all(started.map((program) => program.stop()));
    });

    /** With this machine's addresses for those of the containers. */
    const environmentOf = (
      name: string,
      { environment = {} }: ComposeService,
      port = ports[name],
    ): Record<string, string> =>
      Object.fromEntries(
        Object.entries(environment).map(([variable, value]) => {
          const here = value
            .replace('kafka:9092', kafka.address)
            .replace('redis:6379', redis.address)
            .replace('0.0.0.0', '127.0.0.1');
          return [
            variable,
            variable === SETTINGS.listenPort.env || variable === SETTINGS.healthPort.env
              ? String(port)
              : here,
          ];
        }),
      );

    const run = (name: string): Container => {
      const container = Container.run(image, service(name).command ?? [], environmentOf(name, service(name)));
      running.set(name, container);
      return container;
    };

    const check = async (
      name: string,
      environment = environmentOf(name, service(name)),
    ): Promise<number | null> => {
      const [how, ...command] = service(name).healthcheck?.test ?? [];
      assert.equal(how, 'CMD');
      return new Container(image, command, environment).ended;
    };

    const becomes = (name: string, code: number): Promise<unknown> =>
      eventually(
        `${name}’s check to end with ${String(code)}`,
        async () => (await check(name)) === code,
        NOTICED_MS,
      );

    it('topics: are created, with exit code 0', async () => {
      const first = run('topics');
      assert.equal(await first.ended, 0, first.output);
      assert.match(first.output, /k8s\.alerts\.json: created/);
      const again = Container.run(image, ['topics', 'check'], environmentOf('topics', service('topics')));
      assert.equal(await again.ended, 0, again.output);
      assert.match(again.output, /4 topics are configured as required/);
    });

    it('webhook and processor: make alerts of the sample, in the topic that subscribers read', async () => {
      assert.equal(await check('webhook'), 1, 'before it runs');
      for (const name of LASTING) run(name);
      for (const name of LASTING) await becomes(name, 0);
      const replay = Container.run(image, [
        'replay',
        '--to',
        `http://127.0.0.1:${String(ports['webhook'])}`,
        'samples/new-pod.jsonl',
      ]);
      assert.equal(await replay.ended, 0, replay.output);
      const titles = await eventually(
        'both alerts',
        async () => {
          const records = await readTopic({
            brokers: [kafka.address],
            topic: SETTINGS.alertsJsonTopic.default as string,
            isolation: 'read_committed',
          });
          return (
            records.length > 1 &&
            records.map(({ value }) => (JSON.parse(value.toString()) as { readonly title: string }).title)
          );
        },
        NOTICED_MS,
      );
      assert.deepEqual(titles && [...titles].sort(), ['New K8s Namespace', 'New K8s Pod']);
      assert.doesNotMatch(running.get('processor')?.output ?? '', /may_evict|not_persistent|settings_hidden/);
    });

    it('are unhealthy while Redis is down, and healthy when it is back', async () => {
      await redis.kill();
      await becomes('processor', 1);
      assert.equal(await check('webhook'), 0, 'it does not need Redis');
      await redis.restart();
      await becomes('processor', 0);
    });

    it('are not healthy while Kafka does not answer, and are when it does', async () => {
      kafka.pause();
      for (const name of LASTING) await becomes(name, 1);
      kafka.resume();
      for (const name of LASTING) await becomes(name, 0);
    });

    it('webhook: serves https with docker-compose.tls.yml, to the senders of certs init and to the same check', async () => {
      const override = service('webhook', tls);
      assert.equal(tls.tagOf('services', 'webhook', 'ports'), '!override');
      assert.deepEqual([override.ports, override.user], [['8080:8080'], '1000:1000']);
      const certs = path.join(folder, 'certs');
      assert.equal(
        (await ended(['certs', 'init', '--cluster', 'default', '--host', '127.0.0.1', '--out', certs])).code,
        0,
      );
      for (const name of override.secrets ?? []) assert.equal(tls.secrets[name]?.file, `./certs/${name}`);
      const merged = { environment: { ...service('webhook').environment, ...override.environment } };
      const environment = Object.fromEntries(
        Object.entries(environmentOf('webhook', merged, ports['secure'])).map(([name, value]) => [
          name,
          value.replace('/run/secrets', certs),
        ]),
      );
      // Reachable from elsewhere, with nothing said in words.
      readConfig({ ...environment, [SETTINGS.listenHost.env]: '0.0.0.0' }, 'webhook');
      assert.equal(environment[SETTINGS.offLoopback.env], 'no');

      const container = Container.run(image, service('webhook').command ?? [], environment);
      running.set('secure', container);
      await eventually('https', async () => (await check('webhook', environment)) === 0, NOTICED_MS);
      const send = [
        'replay',
        '--to',
        `https://127.0.0.1:${String(ports['secure'])}`,
        '--ca-file',
        path.join(certs, 'ca.crt'),
        'samples/new-pod.jsonl',
      ];
      const [cert, key] = ['crt', 'key'].map((end) => path.join(certs, `sender-default.${end}`)) as [
        string,
        string,
      ];
      const sent = await ended([...send, '--client-cert-file', cert, '--client-key-file', key]);
      assert.equal(sent.code, 0, sent.output);
      const refused = await ended(send);
      assert.deepEqual([refused.code, refused.output.includes('sender_unknown')], [1, true], refused.output);
      assert.equal(await container.stop(), 0, container.output);
      assert.equal(await check('webhook', environment), 1);
    });

    it('drain and end on SIGTERM, and are then unhealthy', async () => {
      for (const name of LASTING) {
        const container = running.get(name);
        assert.equal(await container?.stop(), 0, container?.output);
        assert.equal(await check(name), 1);
      }
    });

    it('wrote nothing into the image, which is read-only there', () => {
      assert.deepEqual(filesOf(image.root), written);
    });
  });
});

interface Found {
  readonly name: string;
  readonly size: number;
  readonly changedMs: number;
}

/** All files of a folder, links as links. */
function filesOf(folder: string, below = ''): readonly Found[] {
  return readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(below, entry.name);
    if (entry.isDirectory()) return filesOf(folder, name);
    const { size, mtimeMs: changedMs } = lstatSync(path.join(folder, name));
    return [{ name, size, changedMs }];
  });
}
