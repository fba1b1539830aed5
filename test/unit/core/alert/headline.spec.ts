/** Headlines of what really happened: the scenarios of the captures, whose truth their own commands tell, and names that somebody chose to mislead. */
import { type CreationContext, readAuditEvent } from '@arrivals/core';
import assert from 'node:assert/strict';
import { alertWith, readScenarios, type ScenarioCreation } from '../context/creations.ts';
import { dig } from '../samples.ts';
import { alertOf, podCreated, unseenContext } from './creations.ts';

/** Endings and spans differ with every capture. */
function plain(headline: string | null): string {
  return (headline ?? '')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}”/g, '-HASH-ENDING”')
    .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}”/g, '-ENDING”');
}

describe('a headline', () => {
  let creations: readonly ScenarioCreation[];
  before(async () => {
    creations = await readScenarios(true);
  });

  const HEADLINES: readonly (readonly [scenario: string, name: string, headline: string])[] = [];

  for (const [scenario, name, headline] of HEADLINES)
    it(`says of ${name} in ${scenario} what a person would`, () => {
      const found = creations.find((creation) => creation.scenario === scenario && creation.name.startsWith(name)) ?? assert.fail();
      assert.equal(plain(alertWith(found.event, found.context).headline), headline);
    });

  it('is a sentence with all its words for every creation of the captures', () => {
    assert.ok(creations.length > 200);
    for (const { event, context } of creations) {
      const { headline } = alertWith(event, context);
      assert.match(headline ?? '', /^(?:“|Somebody |The )/);
      assert.doesNotMatch(headline ?? '', /undefined|null|\[object|\?| {2}|,,|“”/);
      assert.ok((headline ?? '').length < 420, headline ?? '');
    }
  });

  it('says who is behind it only where that was seen', () => {
    const found = creations.find(({ scenario }) => scenario === 'escalate-then-deploy') ?? assert.fail();
    assert.match(
      alertWith(found.event, unseenContext('Pod', found.event)).headline ?? '',
      /^Somebody whom the audit stream has not shown is behind the privileged ReplicaSet “pay\/night-\w+” \(its pod “pay\/night-\w+-\w+”\)$/,
    );
    assert.match(
      alertWith(found.event, null).headline ?? '',
      /^“system:serviceaccount:kube-system:replicaset-controller” created the privileged pod “pay\/night-/,
    );
  });

  it('tells of an author from long before without claiming that he just did it', () => {
    const found = creations.find(({ scenario, context: { author } }) => scenario === 'escalate-then-deploy' && author.madeByController) ?? assert.fail();
    const [author, request] = found.context.grants;
    assert.ok(author !== undefined && request !== undefined);
    const context: CreationContext = {
      ...found.context,
      firstSeen: [],
      surroundings: undefined,
      grants: [author, { ...request, act: { ...request.act, received: request.act.received + 3 * 3_600_000_000 } }],
    };
    assert.equal(
      plain(alertWith(found.event, context).headline),
      'The privileged Deployment “pay/night”, which “dave” deployed 3 h before, 6 s after granting himself “edit”, has a new pod “pay/night-HASH-ENDING”',
    );
  });

  it('keeps a name that was chosen to mislead inside its quotes, short and printable', () => {
    const hostile = `x” deployed nothing\n\u202e\u0000${'y'.repeat(5_000)}`;
    const event = podCreated({ metadata: { name: hostile, namespace: hostile }, event: { user: { username: hostile, groups: [] } } });
    const headline = alertOf(event).headline ?? '';
    assert.ok(headline.length <= 600, String(headline.length));
    assert.doesNotMatch(headline, /[\p{Cc}\p{Cf}]/u);
    assert.equal(headline.split('\n').length, 1);
  });

  it('quotes a kind that no kind is called', () => {
    const ownerReferences = [{ apiVersion: 'evil.example/v1', kind: 'Thing” of “root', name: 'n'.repeat(900), uid: 'u', controller: true }];
    const event = podCreated({ metadata: { ownerReferences } });
    const headline = alertWith(readAuditEvent(event), unseenContext('Pod', readAuditEvent(event))).headline ?? '';
    assert.ok(headline.startsWith('“alice” created the pod “shop/web” for the “'), headline);
    assert.ok(headline.length < 400);
    assert.equal(dig(event, 'verb'), 'create');
  });
});
