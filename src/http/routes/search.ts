import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { SearchRequest, SearchResponse } from '../../schemas.js';
import type { Admission } from '../admission.js';
import { openCallerSignal, orAbort } from '../caller-signal.js';
import type { AppEnv, HttpNeeds } from '../env.js';
import { identify } from '../middleware/principal.js';
import { jsonBody } from '../middleware/json-body.js';
import { problemResponses } from '../problem-responses.js';

/** A search takes tens of milliseconds; one that takes this long is stuck. */
const SEARCH_TIMEOUT_MS = 30_000;

/** `POST /search`: passages, best first. */
export function addSearchRoute(
  app: OpenAPIHono<AppEnv>,
  needs: HttpNeeds & { admission: Admission },
): void {
  const route = createRoute({
    method: 'post',
    path: '/search',
    summary: 'Find passages, best first; several of one document are allowed',
    middleware: [identify(needs), jsonBody(needs.limits.bodyBytes)] as const,
    request: {
      body: { required: true, content: { 'application/json': { schema: SearchRequest } } },
    },
    responses: {
      200: {
        description: 'The passages found that the caller may read.',
        content: { 'application/json': { schema: SearchResponse } },
      },
      ...problemResponses(400, 404, 413, 415, 422, 500, 503, 504),
    },
  });

  app.openapi(route, async (c) => {
    const leave = needs.admission.enter();
    const { signal, release } = openCallerSignal({
      request: c.req.raw.signal,
      shutdown: c.env?.shutdown,
      timeoutMs: SEARCH_TIMEOUT_MS,
    });
    try {
      const found = await orAbort(
        needs.answerer.search(c.req.valid('json'), c.get('principal'), { signal }),
        signal,
      );
      c.get('facts')['results'] = found.results.length;
      return c.json(found, 200);
    } finally {
      release();
      leave();
    }
  });
}
