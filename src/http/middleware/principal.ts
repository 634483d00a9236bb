import type { MiddlewareHandler } from 'hono';
import type { AppEnv, HttpNeeds } from '../env.js';

/** Finds out who asks before anything of the body is read. */
export function identify({ principalOf }: Pick<HttpNeeds, 'principalOf'>) {
  const middleware: MiddlewareHandler<AppEnv> = async (c, next) => {
    c.set('principal', await principalOf(c.req.raw));
    return next();
  };
  return middleware;
}
