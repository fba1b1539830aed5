/** Alerts of a running process, over its HTTP API. */
import { ArrivalsError } from '@arrivals/core/light';
import { HttpClient } from '../api-client/http-client.ts';
import { publishedPages } from '../api-client/pages.ts';
import type { Environment } from '../command.ts';
import type { HttpTarget } from '../source-options.ts';
import { caughtUp } from './caught-up.ts';
import { findAlert } from './find.ts';
import { type AlertSource, leftOutLine } from './source.ts';

export function httpAlerts({ base, credentials }: HttpTarget, { stderr, signal }: Environment): AlertSource {
  const client = new HttpClient(credentials);
  const onUnreadable = (record: Parameters<typeof leftOutLine>[0]): void => {
    stderr.write(leftOutLine(record));
  };
  return {
    pages: async function* ({ last, follow }) {
      if (!follow) await caughtUp(client, base, signal);
      yield* publishedPages({
        base,
        credentials,
        what: 'alerts',
        last,
        follow,
        signal,
        onRetry: (why) => stderr.write(`${why}; retrying\n`),
        onDamage: (words) => stderr.write(`alerts may be missing: ${words}\n`),
        onUnreadable,
      });
    },
    find: async (id, backMs) => {
      // It knows the schema of alerts, and takes its time to load.
      const { askLookUp } = await import('../api-client/find-alert.ts');
      if (backMs !== undefined)
        throw new ArrivalsError(
          'usage',
          '--since: expected --kafka with it; of a running process all alerts are looked through',
        );
      const path = `${base.pathname.replace(/\/$/, '')}/v1/alerts/${id}`;
      let damage: string | undefined;
      return findAlert(id, {
        ask: async (before) => {
          const answer = await askLookUp(
            client,
            new URL(`${path}${before === undefined ? '' : `?before=${before}`}`, base),
            signal,
          );
          damage ??= answer.damage;
          return answer;
        },
        toTheEnd: true,
        onUnreadable,
        notFound: () => `${base.origin} has no alert ${id}${damage === undefined ? '' : `, but ${damage}`}`,
      });
    },
    close: () => Promise.resolve(),
  };
}
