import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AppEnv, HttpNeeds } from '../env.js';

/** Asked for by machines every few seconds. */
const QUIET_ROUTES = new Set(['/healthz', '/readyz']);

/**
 * One JSON line per request, for a stream when it ends. The route is logged as it was declared,
 * never the address itself, which may hold what a person typed.
 */
export function requestLog({ log, now }: Pick<HttpNeeds, 'log' | 'now'>) {
  const middleware: MiddlewareHandler<AppEnv> = async (c, next) => {
    const startedAt = now();
    const write = (status: number) => {
      const route = declaredRoute(c);
      const line = {
        request_id: c.get('requestId'),
        key_id: c.get('principal')?.id ?? null,
        method: c.req.method,
        route,
        status,
        dur_ms: Math.round(now() - startedAt),
        ...c.get('facts'),
      };
      if (status >= 500) log.error(line, 'request');
      else if (route !== null && QUIET_ROUTES.has(route)) log.debug(line, 'request');
      else log.info(line, 'request');
    };
    c.set('writeLog', write);
    await next();
    if (!c.get('isStreaming')) write(c.res.status);
  };
  return middleware;
}

/** `/documents/:corpus/:id` and the like; null when no route was met. */
function declaredRoute(c: Context<AppEnv>): string | null {
  return matchedRoutes(c).findLast((route) => route.method !== 'ALL')?.path ?? null;
}
