/**
 * Whom a headline names, and what he did to what: never an owner that somebody merely wrote into what he
 * made.
 */
import assert from 'node:assert/strict';
import {
  byDeployment,
  cronJob,
  deployment,
  did,
  didUnseen,
  image,
  job,
  podOf,
  replicaSet,
  revision,
  statefulSet,
  type LruRow,
  toldOf,
} from './stories.ts';

const OPERATOR = 'system:serviceaccount:ops:operator';
const rollout = (more: Partial<LruRow> = {}): LruRow => ({
  apiVersion: 'rollouts.example/v1',
  kind: 'Rollout',
  resource: 'rollouts',
  name: 'web',
  uid: 'uid-of-rollout',
  ...more,
});

describe('the author of a pod', () => {
  const web = deployment('web');

  it('made a ReplicaSet with his own hands, whosever Deployment he wrote into it', async () => {
    const bare = replicaSet('bare', { owner: web });
    const { headline } = await toldOf([
      did(1, 'anna', 'create', web),
      did(60, 'ben', 'create', bare),
      podOf(61, bare),
    ]);
    assert.equal(headline, '“ben” deployed the ReplicaSet “shop/bare” (its pod “shop/bare-b”)');
  });

  it('made a Job of a CronJob that another wrote', async () => {
    const report = cronJob('report');
    const now = job('report-now', { owner: report });
    const { headline } = await toldOf([
      did(1, 'anna', 'create', report),
      did(60, 'ben', 'create', now),
      podOf(61, now),
    ]);
    assert.equal(headline, '“ben” created the Job “shop/report-now” (its pod “shop/report-now-b”)');
  });

  it('wrote the CronJob, where its controller made the Job', async () => {
    const report = cronJob('report');
    const scheduled = job('report-1', { owner: report });
    const controller = 'system:serviceaccount:kube-system:cronjob-controller';
    const { headline } = await toldOf([
      did(1, 'anna', 'create', report),
      did(60, controller, 'create', scheduled),
      podOf(61, scheduled),
    ]);
    assert.equal(
      headline,
      'The CronJob “shop/report”, which “anna” created, has a new pod “shop/report-1-b”',
    );
  });

  it('is the same for each pod of a CronJob, however long ago that was made', async () => {
    const report = cronJob('report');
    const controller = 'system:serviceaccount:kube-system:cronjob-controller';
    const headlineAt = async (second: number): Promise<string> => {
      const scheduled = job('report-1', { owner: report });
      const { headline } = await toldOf([
        did(1, 'anna', 'create', report),
        did(second, controller, 'create', scheduled),
        podOf(second + 1, scheduled),
      ]);
      return headline;
    };
    const first = await headlineAt(2);
    for (const second of [60, 240, 2_000]) assert.equal(await headlineAt(second), first);
  });

  it('changed the CronJob that makes a pod right after, and is shown without the time later', async () => {
    const old = cronJob('report', { spec: image('report:1') });
    const report = cronJob('report', { spec: image('report:2') });
    const scheduled = job('report-1', { owner: report });
    const controller = 'system:serviceaccount:kube-system:cronjob-controller';
    const headlineAt = async (second: number): Promise<string> => {
      const events = [did(1, 'anna', 'create', old), did(60, 'ben', 'update', report)];
      return (
        await toldOf([...events, did(second, controller, 'create', scheduled), podOf(second + 1, scheduled)])
      ).headline;
    };
    assert.equal(await headlineAt(90), '“ben” changed the CronJob “shop/report” (its pod “shop/report-1-b”)');
    assert.equal(
      await headlineAt(900),
      'The CronJob “shop/report”, which “ben” changed, has a new pod “shop/report-1-b”',
    );
  });

  it('scaled a StatefulSet whose owner an operator’s custom object is, and the StatefulSet is what is named', async () => {
    const database = rollout({ kind: 'Database', resource: 'databases', name: 'db' });
    const set = statefulSet('db', { owner: database, spec: image('db:1') });
    const events = [
      did(1, 'anna', 'create', database),
      did(2, OPERATOR, 'create', set),
      didUnseen(60, 'carol', 'patch', set, 'scale'),
      podOf(61, set, 'db-2'),
    ];
    const { headline } = await toldOf(events);
    assert.match(headline, /^“carol” scaled the StatefulSet “shop\/db”.* for the Database “db” of “anna”$/);
  });

  it('is an operator, for the creator of the custom object and the last to change it, the operator itself left out', async () => {
    const mine = rollout();
    const set = replicaSet('web-2', { owner: mine });
    const { headline, alert, source } = await toldOf([
      didUnseen(1, 'anna', 'create', mine),
      didUnseen(50, 'ben', 'patch', mine),
      didUnseen(51, OPERATOR, 'patch', mine),
      did(52, OPERATOR, 'create', set),
      podOf(53, set),
      didUnseen(54, 'late', 'patch', mine),
      podOf(55, set),
    ]);
    assert.equal(
      headline,
      `“${OPERATOR}” deployed the ReplicaSet “shop/web-2” (its pod “shop/web-2-b”) for the Rollout “web” of “anna”, last changed by “ben”`,
    );
    assert.match(source, / The Rollout “web” was last changed by “ben” at /);
    assert.deepEqual(
      alert.author?.chain.map(({ kind, createdBy, changedBy }) => [kind, createdBy, changedBy]),
      [
        ['ReplicaSet', OPERATOR, null],
        ['Rollout', 'anna', 'ben'],
      ],
    );
  });

  it('changed a custom object only where he left another spec, as its bodies show', async () => {
    const set = replicaSet('web-2', { owner: rollout() });
    const { author } = await toldOf([
      did(1, 'anna', 'create', rollout({ spec: image('web:1') })),
      did(20, 'ben', 'update', rollout({ spec: image('web:2') })),
      did(30, 'carol', 'update', rollout({ spec: image('web:2') })),
      did(31, OPERATOR, 'create', set),
      podOf(32, set),
    ]);
    assert.equal(author.chain[1]?.changed?.username, 'ben');
  });

  it('is not reported for a custom object that a person wrote into what he made', async () => {
    const set = replicaSet('bare', { owner: rollout() });
    const { headline } = await toldOf([
      did(1, 'anna', 'create', rollout()),
      did(20, 'mallory', 'create', set),
      podOf(21, set),
    ]);
    assert.equal(headline, '“mallory” deployed the ReplicaSet “shop/bare” (its pod “shop/bare-b”)');
  });

  it('is found through custom objects that own one another, of which several may have one name', async () => {
    const kind = (name: string, resource: string, owner?: LruRow): LruRow =>
      rollout({
        apiVersion: 'serving.example/v1',
        kind: name,
        resource,
        name: 'web',
        uid: `uid-of-${resource}`,
        ...(owner === undefined ? {} : { owner }),
      });
    const service = kind('Service', 'services');
    const configuration = kind('Configuration', 'configurations', service);
    const creatorOrUndefined = { ...kind('Revision', 'revisions', configuration), name: 'web-1' };
    const owned = deployment('web-1', { owner: creatorOrUndefined, spec: image('web:1') });
    const set = replicaSet('web-1-x', { owner: owned, annotations: revision(1), spec: image('web:1') });
    const { headline, author } = await toldOf([
      did(1, 'anna', 'create', service),
      did(2, OPERATOR, 'create', configuration),
      did(3, OPERATOR, 'create', kind('Route', 'routes', service)),
      did(4, OPERATOR, 'create', creatorOrUndefined),
      did(5, OPERATOR, 'create', owned),
      byDeployment(6, 'create', set),
      podOf(7, set),
    ]);
    assert.deepEqual(
      author.chain.map(({ kind: link, created }) => [link, created?.username.split(':').at(-1)]),
      [
        ['ReplicaSet', 'deployment-controller'],
        ['Deployment', 'operator'],
        ['Revision', 'operator'],
        ['Configuration', 'operator'],
        ['Service', 'anna'],
      ],
    );
    assert.match(
      headline,
      /^“system:serviceaccount:ops:operator” deployed the Deployment “shop\/web-1” .* for the Service “web” of “anna”$/,
    );
  });

  it('leads from a pod that owns a pod to the author of what that was made for, in a group that ends like Kubernetes’ own', async () => {
    const application = rollout({
      apiVersion: 'spark.k8s.io/v1',
      kind: 'SparkApplication',
      resource: 'sparkapplications',
      name: 'pi',
    });
    const driver: LruRow = {
      apiVersion: 'v1',
      kind: 'Pod',
      resource: 'pods',
      name: 'pi-driver',
      uid: 'uid-of-driver',
      owner: application,
    };
    const executor: LruRow = { ...driver, name: 'pi-exec-1', uid: 'uid-of-executor', owner: driver };
    const account = 'system:serviceaccount:shop:spark';
    const { headline } = await toldOf([
      didUnseen(1, 'ines', 'create', application),
      did(2, OPERATOR, 'create', driver),
      did(9, account, 'create', executor),
    ]);
    assert.equal(
      headline,
      `“${account}” created the pod “shop/pi-exec-1” for the SparkApplication “pi” of “ines”`,
    );
  });
});
