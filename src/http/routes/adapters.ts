import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { AdapterName, AdapterResponse } from '../../schemas.js';
import type { AppEnv, HttpNeeds } from '../env.js';
import { identify } from '../middleware/principal.js';
import { problemResponses } from '../problem-responses.js';

/** `GET /adapters/{name}`: what an adapter is, learned from and was measured to do. */
export function addAdapterRoute(app: OpenAPIHono<AppEnv>, needs: HttpNeeds): void {
  const route = createRoute({
    method: 'get',
    path: '/adapters/{name}',
    summary: 'The passport of an adapter in service',
    middleware: [identify(needs)] as const,
    request: { params: z.object({ name: AdapterName }) },
    responses: {
      200: {
        description: 'The passport.',
        content: { 'application/json': { schema: AdapterResponse } },
      },
      ...problemResponses(400, 404, 500, 503),
    },
  });

  app.openapi(route, async (c) => {
    const { name } = c.req.valid('param');
    return c.json(await needs.answerer.adapter(name, c.get('principal')), 200);
  });
}
