import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { AboutResponse } from '../../schemas.js';
import type { AppEnv, HttpNeeds } from '../env.js';
import { identify } from '../middleware/principal.js';
import { problemResponses } from '../problem-responses.js';

/** `GET /about`: what the chat page greets its reader with. */
export function addAboutRoute(app: OpenAPIHono<AppEnv>, needs: HttpNeeds): void {
  const route = createRoute({
    method: 'get',
    path: '/about',
    summary: 'Version, model, and the corpora and adapters open to the caller',
    middleware: [identify(needs)] as const,
    responses: {
      200: {
        description: 'What is served.',
        content: { 'application/json': { schema: AboutResponse } },
      },
      ...problemResponses(500, 503),
    },
  });

  app.openapi(route, async (c) => c.json(await needs.answerer.about(c.get('principal')), 200));
}
