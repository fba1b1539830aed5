/** The next steps: the alert's own, with commands that are about what the alert is about, or none. */
import { type Alert, runbookOf } from '@arrivals/core';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  alertOf,
  atLevelMetadata,
  CONTAINER,
  namespaceCreated,
  podCreated,
} from '../../core/alert/creations.ts';
import { captured, commandsIn, commandsOf, linesOf, sectionOf } from './explained.ts';

const all = (alert: Alert): readonly string[] => commandsIn(sectionOf(alert, 'Next steps').lines);

/** The words of a command as sh reads them, each of a pipeline's. */
function wordsOf(command: string): readonly string[] {
  const line = command
    .replace(/^! /, '')
    .replaceAll(' | ', ' ')
    .replace(/ > (\S+)$/, ' $1');
  const { stdout, stderr, status } = spawnSync('bash', ['-c', `printf '%s\\0' ${line}`], {
    encoding: 'utf8',
    cwd: '/',
  });
  assert.deepEqual([status, stderr], [0, ''], command);
  return stdout.split('\0').slice(0, -1);
}

describe('the next steps', () => {
  it('are all of the alert’s, in its order, numbered', () => {
    const alert = captured('root-shell');
    const runbook = runbookOf(alert.kind);
    const numbered = linesOf(alert, 'Next steps').filter((line) => /^\d+\. /.test(line));
    assert.deepEqual(numbered, [
      ...runbook.investigation.map(({ text }, i) => `${String(i + 1)}. ${text}`),
      ...runbook.resolution.map(({ text }, i) => `${String(i + 1)}. ${text}`),
    ]);
    assert.equal(linesOf(alert, 'Next steps')[0], runbook.whyItMatters);
  });

  it('of a namespace are all of the alert’s too', () => {
    const alert = alertOf(namespaceCreated());
    const numbered = linesOf(alert, 'Next steps').filter((line) => /^\d+\. /.test(line));
    assert.equal(numbered.length, alert.investigation.length + alert.resolution.length);
  });

  it('have commands with the names of the alert', () => {
    const alert = captured('web-1');
    assert.deepEqual(commandsOf(alert, /^Compare name/).slice(0, 2), [
      'kubectl get pod/web-1 --namespace=team-a -o yaml',
      'kubectl describe pod/web-1 --namespace=team-a',
    ]);
    assert.deepEqual(commandsOf(alert, /^Check by which binding/), [
      'kubectl get rolebinding/alice-dev --namespace=team-a -o yaml',
      'kubectl get clusterrole/developer -o yaml',
    ]);
    assert.deepEqual(commandsOf(alert, /^What may its service account do/), [
      'kubectl auth can-i --list --namespace=team-a --as=system:serviceaccount:team-a:default',
    ]);
    assert.deepEqual(commandsOf(alert, /^Which NetworkPolicies/), [
      'kubectl get networkpolicies --namespace=team-a -o yaml',
    ]);
    assert.deepEqual(commandsOf(captured('loaded'), /^Go through what the pod reaches/), [
      'kubectl describe secret/db-pass --namespace=team-b',
      'kubectl get persistentvolumeclaims,secrets,configmaps --namespace=team-b',
    ]);
    assert.deepEqual(commandsOf(captured('shop-785685bc69-27775'), /^Establish who made the pod/), [
      'kubectl get pod/shop-785685bc69-27775 --namespace=team-a -o yaml --show-managed-fields',
      'kubectl get replicaset.apps/shop-785685bc69 --namespace=team-a -o yaml',
    ]);
  });

  it('remove a bare pod by its uid, and no other pod by its name', () => {
    const remove = /^Remove the pod/;
    assert.deepEqual(commandsOf(captured('web-1'), remove).length, 1);
    const [command = ''] = commandsOf(captured('root-shell'), remove);
    assert.match(
      command,
      /^! echo '\{"apiVersion":"v1","kind":"DeleteOptions","preconditions":\{"uid":"042964e2-c0f5-41a5-a759-0e497b9e45e1"\}\}' \| kubectl delete --raw=\/api\/v1\/namespaces\/audited\/pods\/root-shell -f -$/,
    );
    assert.ok(
      !all(alertOf(atLevelMetadata(podCreated()))).some((line) => line.includes('delete')),
      'without a uid',
    );
    assert.ok(
      !all(captured('shop-785685bc69-27775')).some((line) => line.includes('delete')),
      'of a controller',
    );
    assert.match(
      linesOf(captured('static-proxy-edge-1'), 'Next steps').join('\n'),
      /A mirror pod goes with its file/,
    );
  });

  it('remove a pod whatever owner its maker wrote into it, and say that it is his word', () => {
    for (const [apiVersion, kind, name] of [
      ['v1', 'Node', 'n-1'],
      ['apps/v1', 'ReplicaSet', 'web-1'],
      ['ops.example/v1', 'Widget', 'w'],
    ] as const) {
      const ownerReferences = [{ apiVersion, kind, name, uid: 'u', controller: true }];
      const user = { username: 'system:serviceaccount:web:www', groups: [] };
      const alert = alertOf(podCreated({ metadata: { ownerReferences }, event: { user } }));
      assert.equal(
        commandsOf(alert, /^Remove the pod/).filter((line) => line.includes('kubectl delete')).length,
        1,
        kind,
      );
      const lines = linesOf(alert, 'Next steps').join('\n');
      assert.ok(!lines.includes('A mirror pod goes'), kind);
      assert.match(lines, /its maker’s word: look whether it comes back/);
    }
  });

  it('isolate by a policy, unless the pod is on its node’s network, where none holds it', () => {
    const isolate = /^Cut the pod off/;
    assert.equal(commandsOf(captured('web-1'), isolate).length, 2);
    assert.deepEqual(commandsOf(captured('root-shell'), isolate), []);
    assert.match(
      linesOf(captured('root-shell'), 'Next steps').join('\n'),
      /shares its node’s network, where no NetworkPolicy holds it/,
    );
  });

  it('change nothing of a namespace that every cluster has', () => {
    for (const name of ['kube-system', 'default', 'kube-public', 'kube-node-lease'])
      assert.deepEqual(
        all(captured(name)).filter((line) => line.startsWith('!')),
        [],
        name,
      );
    assert.ok(all(captured('kube-systern')).filter((line) => line.startsWith('!')).length > 3);
  });

  it('name namespaces’ contents without writing Secrets to a file', () => {
    for (const line of all(captured('kube-systern')))
      if (line.includes(' > ')) assert.doesNotMatch(line, /secret/);
  });

  it('do not search for a controller, who made half of what there is', () => {
    assert.ok(all(captured('web-1')).some((line) => line.endsWith('| grep -F -- alice')));
    assert.ok(!all(captured('shop-785685bc69-27775')).some((line) => line.includes('grep')));
  });

  it('have no command about a name that was shortened, masked or replaced in part', () => {
    const alert = captured('web-1');
    const about = (changed: Alert): boolean => all(changed).some((line) => line.includes('pod/'));
    assert.ok(about(alert));
    assert.ok(!about({ ...alert, cuts: [{ path: 'object.name', kept: 64, of: 253 }] }));
    assert.ok(!about({ ...alert, object: { ...alert.object, name: 'web-[masked]' } }));
    assert.ok(!about({ ...alert, object: { ...alert.object, name: 'web-\ufffd' } }));
    assert.ok(!about({ ...alert, cuts: [{ path: 'object.namespace', kept: 64, of: 253 }] }));
    const noGroups = all({ ...alert, cuts: [{ path: 'actor.groups', kept: 1, of: 3 }] });
    assert.ok(!noGroups.some((line) => line.includes('--as=alice')));
  });

  it('have none where the pod’s name is not known, but for its namespace', () => {
    const event = {
      ...atLevelMetadata(podCreated()),
      objectRef: { resource: 'pods', namespace: 'shop', apiVersion: 'v1' },
    };
    assert.deepEqual(commandsOf(alertOf(event), /^Compare name/), [
      'kubectl get pods --namespace=shop --sort-by=.metadata.creationTimestamp',
      'kubectl get services --namespace=shop -o wide',
    ]);
  });

  it('show a step of a later version without commands', () => {
    const alert = {
      ...captured('web-1'),
      investigation: [{ id: 'ask-the-oracle', status: null, answer: null, command: null }],
    };
    assert.deepEqual(commandsOf(alert, /^ask-the-oracle/), []);
  });
});

describe('the commands of hostile names', () => {
  const NAMES: readonly string[] = [
    '-rf',
    '--kubeconfig=evil',
    '-- -n other',
    "x'; touch canary; '",
    '$(touch canary)',
    '`touch canary`',
    'a b --as=system:admin',
    'a\ntouch canary',
    '\u001b[2J',
    '\u202egnp',
    '*',
    '~',
    ';',
  ];
  /** What a name may make of an option or a resource of ours. */
  const OURS =
    /^(?:--(?:namespace|as|as-group|raw|field-selector)=|(?:pod|namespace|node|secret|persistentvolumeclaim|(?:cluster)?role(?:binding)?|replicaset\.apps)\/|\.\/arrivals-)/;

  for (const name of NAMES) {
    it(`hold ${JSON.stringify(name)} within words of ours`, () => {
      const alert = everywhere(name);
      const commands = [
        ...all(alert),
        ...all({ ...alert, object: { ...alert.object, kind: 'Namespace', namespace: null } }),
      ];
      assert.ok(commands.length > 20);
      for (const command of commands) {
        const words = wordsOf(command);
        for (const [i, word] of words.entries()) {
          if (!word.includes(name) || (command.includes(`echo`) && word.startsWith('{'))) continue;
          // Only what is searched for stands by itself, behind the end of options.
          if (word === name) assert.deepEqual(words.slice(i - 3, i), ['grep', '-F', '--'], command);
          else assert.match(word, OURS, command);
        }
      }
    });
  }

  it('are not given for what could not be a name of an object', () => {
    for (const name of ['../../secrets/x', '..', '.', 'a/b', 'a%2fb', 'a?b', 'a#b', 'x'.repeat(254), ''])
      for (const command of all(everywhere(name)))
        assert.doesNotMatch(command, /pod\/|secret\/|--namespace|--raw/, name);
  });
});

/** A pod's alert in which each name of an object is this one. */
function everywhere(name: string): Alert {
  const alert = alertOf(
    podCreated({
      spec: { containers: [CONTAINER], nodeName: 'n', volumes: [{ name: 'v', secret: { secretName: 's' } }] },
    }),
  );
  const grant = {
    decision: 'allow',
    reason: null,
    binding: { kind: 'RoleBinding', namespace: name, name },
    role: { kind: 'Role', name },
    subject: { kind: 'User', namespace: null, name },
  };
  return {
    ...alert,
    // Its own commands were made of the names that it had.
    investigation: alert.investigation.map((step) => ({ ...step, howToLook: null })),
    grant,
    actor: { ...alert.actor, username: name, groups: [name] },
    object: {
      ...alert.object,
      namespace: name,
      name,
      serviceAccountName: name,
      nodeName: name,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: 'u', controller: true }],
      volumes: [
        { name, type: 'secret', source: name },
        { name, type: 'persistentVolumeClaim', source: name },
      ],
    },
  };
}
