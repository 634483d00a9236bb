import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { ReadinessResponse } from '../../schemas.js';
import type { AppEnv, HttpNeeds } from '../env.js';

const RETRY_AFTER_SECONDS = 5;

/** `GET /healthz`: the process answers. `GET /readyz`: it can answer questions. */
export function addHealthRoutes(
  app: OpenAPIHono<AppEnv>,
  needs: Pick<HttpNeeds, 'readiness'>,
): void {
  const healthz = createRoute({
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process is alive; depends on nothing else',
    responses: {
      200: {
        description: 'Alive.',
        content: {
          'application/json': { schema: z.strictObject({ status: z.literal('ok') }) },
        },
      },
    },
  });
  app.openapi(healthz, (c) => c.json({ status: 'ok' as const }, 200));

  const content = { 'application/json': { schema: ReadinessResponse } };
  const readyz = createRoute({
    method: 'get',
    path: '/readyz',
    summary: 'Whether questions can be answered now, check by check',
    responses: {
      200: { description: 'Ready.', content },
      503: { description: 'Loading, restarting, not indexed or stopping.', content },
    },
  });
  app.openapi(readyz, async (c) => {
    const checks = [...(await needs.readiness())];
    if (c.env?.draining?.()) {
      checks.push({ name: 'draining', ok: false, detail: 'The service is shutting down.' });
    }
    const isReady = checks.every((check) => check.ok);
    if (isReady) return c.json({ status: 'ready' as const, checks }, 200);
    c.header('Retry-After', String(RETRY_AFTER_SECONDS));
    return c.json({ status: 'not_ready' as const, checks }, 503);
  });
}
