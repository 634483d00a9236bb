import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../env.js';
import { KakehashiError } from '../../errors.js';
import { respondProblem } from '../errors.js';

/** The names under which only this machine itself is reached. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Keeps other web pages out of a server without keys. A page whose name was re-pointed to
 * 127.0.0.1 (DNS rebinding) comes with its own name in `Host`; a page of another origin that
 * writes comes with its own `Origin`, or with `Sec-Fetch-Site`, which no script can set.
 */
export function sameOrigin(allowedHosts: readonly string[]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const host = hostOf(c.req.header('host') ?? new URL(c.req.url).host);
    if (!allowedHosts.includes(host.name)) {
      return respondProblem(
        c,
        new KakehashiError('request.invalid', 'This server is not reachable under that name.', {
          remedy: `Use one of ${allowedHosts.join(', ')}; a proxy must send such a Host header.`,
        }),
        { status: 421 },
      );
    }
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (!isRead && isCrossOrigin(c.req.raw.headers, host)) {
      return respondProblem(
        c,
        new KakehashiError('request.invalid', 'Requests from other web pages are refused.', {
          remedy: 'Call the service from its own page or from a program.',
        }),
        { status: 403 },
      );
    }
    return next();
  };
}

type Host = { name: string; port: string };

function hostOf(header: string): Host {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]*)(?::(\d+))?$/u.exec(header.toLowerCase());
  return { name: match?.[1] ?? '', port: match?.[2] ?? '' };
}

function isCrossOrigin(headers: Headers, host: Host): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  const origin = headers.get('origin');
  if (origin === null) return false;
  const match = /^https?:\/\/(.+)$/u.exec(origin.toLowerCase());
  const sender = hostOf(match?.[1] ?? '');
  return match === null || sender.name !== host.name || sender.port !== host.port;
}
