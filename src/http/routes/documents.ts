import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { CorpusName, DocumentResponse } from '../../schemas.js';
import type { AppEnv, HttpNeeds } from '../env.js';
import { identify } from '../middleware/principal.js';
import { problemResponses } from '../problem-responses.js';

/** A revision of a document in an address. */
export const documentAddress = {
  params: z.object({
    corpus: CorpusName,
    id: z.string().min(1).max(512).describe('Percent-encoded: a slash in an id is written %2F.'),
  }),
  query: z.object({
    revision: z
      .string()
      .regex(/^[0-9a-f]{16}$/u)
      .optional()
      .describe('As named by a citation. Defaults to the published revision.'),
  }),
};

/** `GET /documents/{corpus}/{id}`: the text that citations point into. */
export function addDocumentRoute(app: OpenAPIHono<AppEnv>, needs: HttpNeeds): void {
  const route = createRoute({
    method: 'get',
    path: '/documents/{corpus}/{id}',
    summary: 'The text of a document, with the places of its passages',
    middleware: [identify(needs)] as const,
    request: documentAddress,
    responses: {
      200: {
        description: 'The document.',
        content: { 'application/json': { schema: DocumentResponse } },
      },
      ...problemResponses(400, 404, 500, 503),
    },
  });

  app.openapi(route, async (c) => {
    const { corpus, id } = c.req.valid('param');
    const revision = c.req.valid('query').revision ?? null;
    const document = await needs.answerer.document({ corpus, id, revision }, c.get('principal'));
    return c.json(document, 200);
  });
}
