import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { KakehashiError } from '../../errors.js';
import type { AppEnv, HttpNeeds } from '../env.js';
import { identify } from '../middleware/principal.js';
import { problemResponses } from '../problem-responses.js';
import { documentAddress } from './documents.js';

/**
 * `GET /documents/{corpus}/{id}/original`: the file that a document was read from. It is never run by
 * the browser as a page of this site: a PDF may be shown, everything else is saved.
 */
export function addOriginalRoute(app: OpenAPIHono<AppEnv>, needs: HttpNeeds): void {
  const route = createRoute({
    method: 'get',
    path: '/documents/{corpus}/{id}/original',
    summary: 'The file that a document was read from, as it is',
    middleware: [identify(needs)] as const,
    request: documentAddress,
    responses: {
      200: {
        description: 'The file.',
        content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
      },
      ...problemResponses(400, 404, 500, 503),
    },
  });

  app.openapi(route, async (c) => {
    const { corpus, id } = c.req.valid('param');
    const revision = c.req.valid('query').revision ?? null;
    const address = { corpus, id, revision };
    const { file, mediaType, name } = await needs.answerer.original(address, c.get('principal'));
    const handle = await open(file).catch((cause: unknown) => {
      throw new KakehashiError('document.not_found', 'The file is no longer there.', { cause });
    });
    const { size } = await handle.stat();
    const shown = mediaType === 'application/pdf' ? 'inline' : 'attachment';
    const headers = {
      'Content-Type': mediaType,
      'Content-Length': String(size),
      'Content-Disposition': `${shown}; filename*=UTF-8''${encodeURIComponent(name)}`,
      'Cache-Control': 'private, no-store',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; sandbox",
    };
    // HEAD comes here too, and nobody would read the stream, whose end closes the file.
    if (c.req.method === 'HEAD') {
      await handle.close();
      return c.body(null, 200, headers);
    }
    return c.body(Readable.toWeb(handle.createReadStream()) as ReadableStream, 200, headers);
  });
}
