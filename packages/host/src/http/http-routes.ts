/** Routes of literal segments and {parameters}, and which of them a request is for. */
import { ArrivalsError } from '@arrivals/core/light';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './http-answer.ts';

export interface Request {
  readonly message: IncomingMessage;
  /** The path's {parameters}, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /**
   * Aborts when the client disconnects or the server begins to stop: long waits end, work in progress
   * continues.
   */
  readonly patience: AbortSignal;
  /**
   * Reports the sender of the connection: `known` by certificate or token, or `accepted` without
   * authentication after an accepted batch. It is then evicted after connections of unknown clients.
   */
  readonly vouch: (sender: string, standing: 'accepted' | 'known') => void;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** For example /v1/clusters/{cluster}/audit */
  readonly path: string;
  /** Whether it answers every Host: a probe's is a pod's address. Only off loopback. */
  readonly anyHost?: true;
  readonly handle: (request: Request) => Promise<Answer>;
}

interface Matched {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** @throws ArrivalsError route_unknown, method_not_allowed */
export function match(
  routes: readonly Route[],
  method: string,
  pathname: string,
  response: ServerResponse,
): Matched {
  const found = routes.flatMap((route) => {
    const parameters = matchPath(route.path, pathname);
    return parameters === undefined ? [] : [{ route, parameters }];
  });
  if (found.length === 0)
    throw new ArrivalsError(
      'route_unknown',
      `nothing is served at ${JSON.stringify(pathname.slice(0, 200))}`,
    );
  const chosen = found.find(
    ({ route }) => route.method === method || (route.method === 'GET' && method === 'HEAD'),
  );
  if (chosen !== undefined) return chosen;
  const allowed = found.map(({ route }) => route.method).join(', ');
  response.setHeader('Allow', allowed);
  throw new ArrivalsError('method_not_allowed', `expected ${allowed}, found ${method}`);
}

function matchPath(pattern: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const expected = pattern.split('/');
  const segments = pathname.split('/');
  if (segments.length !== expected.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, part] of expected.entries()) {
    const segment = segments[i] ?? '';
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decode(segment);
    else if (part !== segment) return undefined;
  }
  return parameters;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
