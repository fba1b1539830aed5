/** probe */
import { alertWith, readScenarios } from '../context/creations.ts';
describe('a headline', () => {
  it('probe', async () => {
    for (const watched of [false, true]) {
      const out = new Map<string, string>();
      for (const { scenario, name, event, context } of await readScenarios(watched)) {
        const a = alertWith(event, context);
        const k = `${scenario} ${name.replace(/-[a-z0-9]{5}$/, '')} ${a.headline} ${JSON.stringify(a.risk?.signals.map((s) => s.id))} ${watched ? '' : JSON.stringify(a.risk?.notAssessed)}`;
        const kk = `${scenario} ${name.replace(/-[a-z0-9]{5}$/, '')} ${a.risk?.signals.map((s) => s.id).join()}`;
        if (!out.has(kk)) out.set(kk, k);
      }
      console.log('=====', watched);
      for (const v of out.values()) console.log(v);
    }
  });
});
