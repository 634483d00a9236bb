import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { getMimeType } from 'hono/utils/mime';

export type StaticFile = { bytes: Uint8Array<ArrayBuffer>; type: string; etag: string };

/** All files under `directory` by address (`/assets/page.js`); none when it does not exist. */
export function readStaticFiles(directory: string): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  if (!existsSync(directory)) return files;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = new Uint8Array(readFileSync(path));
    const hash = createHash('sha256').update(bytes).digest('base64url');
    files.set(`/${relative(directory, path).split(sep).join('/')}`, {
      bytes,
      type: getMimeType(path) ?? 'application/octet-stream',
      etag: `"${hash.slice(0, 22)}"`,
    });
  }
  return files;
}
