/** Settings of Redis: how it is reached, and the keys. */
import { ANY_TEXT, PATH_TEXT, type SettingRows } from './row.ts';

const WITH_STATE = ['processor'] as const;

export const REDIS_SETTINGS = {
  redisUrl: {
    env: 'ARRIVALS_REDIS_URL',
    type: 'text',
    default: 'redis://127.0.0.1:6379',
    pattern: /^rediss?:\/\/[^\s,]+(\s*,\s*rediss?:\/\/[^\s,]+)*$/,
    takes:
      'redis://HOST:PORT, rediss:// for TLS; several nodes of a cluster, or sentinels, with commas between',
    services: WITH_STATE,
    secret: true,
    description: 'Where Redis is. For a sentinel set-up, where the sentinels are.',
  },
  redisMode: {
    env: 'ARRIVALS_REDIS_MODE',
    type: 'choice',
    default: 'single',
    choices: ['single', 'cluster', 'sentinel'],
    services: WITH_STATE,
    description: 'One server, a Redis Cluster, or a server that sentinels name.',
  },
  redisSentinelName: {
    env: 'ARRIVALS_REDIS_SENTINEL_NAME',
    ...ANY_TEXT,
    default: 'mymaster',
    services: WITH_STATE,
    description: 'What the sentinels call the server.',
  },
  redisUsername: {
    env: 'ARRIVALS_REDIS_USERNAME',
    ...ANY_TEXT,
    services: WITH_STATE,
    description: 'The user to log in as; without it Redis’ default user.',
  },
  redisPassword: {
    env: 'ARRIVALS_REDIS_PASSWORD',
    ...ANY_TEXT,
    services: WITH_STATE,
    secret: true,
    description: 'The password. Better than one inside the URL.',
  },
  redisSentinelPassword: {
    env: 'ARRIVALS_REDIS_SENTINEL_PASSWORD',
    ...ANY_TEXT,
    services: WITH_STATE,
    secret: true,
    description: 'The sentinels’ own password, where they have one.',
  },
  redisTlsCaFile: {
    env: 'ARRIVALS_REDIS_TLS_CA_FILE',
    ...PATH_TEXT,
    services: WITH_STATE,
    description:
      'PEM file with the CAs that sign Redis’ certificate, for rediss://; without it those that Node trusts.',
  },
  redisKeyPrefix: {
    env: 'ARRIVALS_REDIS_KEY_PREFIX',
    type: 'text',
    default: 'arrivals:',
    pattern: /^[!-z|~]{0,40}$/,
    takes: 'up to 40 printable ASCII characters but { and }',
    services: WITH_STATE,
    description: 'What every key begins with. Installations that share a Redis need prefixes of their own.',
  },
} as const satisfies SettingRows;
