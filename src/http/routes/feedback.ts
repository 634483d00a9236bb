import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { FeedbackRequest } from '../../schemas.js';
import type { AppEnv, HttpNeeds } from '../env.js';
import { identify } from '../middleware/principal.js';
import { jsonBody } from '../middleware/json-body.js';
import { problemResponses } from '../problem-responses.js';

/** `POST /feedback`: whether an answer helped. */
export function addFeedbackRoute(app: OpenAPIHono<AppEnv>, needs: HttpNeeds): void {
  const route = createRoute({
    method: 'post',
    path: '/feedback',
    summary: 'Say whether an answer helped',
    middleware: [identify(needs), jsonBody(needs.limits.bodyBytes)] as const,
    request: {
      body: { required: true, content: { 'application/json': { schema: FeedbackRequest } } },
    },
    responses: {
      204: { description: 'Noted.' },
      ...problemResponses(400, 404, 413, 415, 500, 503),
    },
  });

  app.openapi(route, async (c) => {
    await needs.answerer.feedback(c.req.valid('json'), c.get('principal'));
    return c.body(null, 204);
  });
}
