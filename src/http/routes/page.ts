import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../env.js';
import { readStaticFiles } from '../static-files.js';

/**
 * The built chat page. Its files are read once: no address given by a caller ever becomes a path,
 * and a file that changes while the service runs is not mixed with older ones.
 */
export function addPageRoutes(app: OpenAPIHono<AppEnv>, staticDir: string): void {
  const files = readStaticFiles(staticDir);
  for (const [name, file] of files) {
    app.get(name === '/index.html' ? '/' : name, (c) => {
      const isHashed = name.startsWith('/assets/');
      c.header('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      c.header('ETag', file.etag);
      if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
      return c.body(file.bytes, 200, { 'Content-Type': file.type });
    });
  }
}
