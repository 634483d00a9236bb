import type { MiddlewareHandler } from 'hono';
import type { AppEnv, HttpNeeds } from '../env.js';
import { respondProblem } from '../errors.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/u;

/**
 * Scripts and styles of our own origin alone; nothing may frame the page or post a form. What the page
 * frames it made itself: the original of a document, fetched with the reader's key.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  'frame-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/**
 * Gives the request its id and every response its headers. All of them are set before `next()`:
 * touching the headers of a finished response copies it, which halves the rate of a small route.
 */
export function requestContext({ newId }: Pick<HttpNeeds, 'newId'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : newId();
    c.set('requestId', requestId);
    c.set('facts', {});
    c.set('isStreaming', false);
    c.header('X-Request-Id', requestId);
    c.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    c.header('Cache-Control', 'no-store');
    try {
      await next();
    } catch (thrown) {
      // Hono hands `Error`s to `onError`; whatever else was thrown ends here.
      c.res = respondProblem(c, thrown);
    }
  };
}
