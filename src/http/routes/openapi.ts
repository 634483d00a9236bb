import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../env.js';

/** `GET /openapi.json`, generated once from the schemas of the routes added before. */
export function addOpenApiRoute(app: OpenAPIHono<AppEnv>, version: string): void {
  let document: string | undefined;
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: {
          title: 'Kakehashi',
          version,
          description:
            'Answers over documents. Errors are RFC 9457 problems with a stable `code` and, ' +
            'where something can be done, a `remedy`.',
          license: { name: 'Apache-2.0' },
        },
        servers: [{ url: '/' }],
      }),
    );
    return c.body(document, 200, { 'Content-Type': 'application/json' });
  });
}
