import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SIDECAR } from './sidecar.js';

/** Whether what a listing names stands for all below it: '' is the folder itself. */
export function isFolder(path: string): boolean {
  return path === '' || path.endsWith('/');
}

export type SourceFile = {
  /** Relative to the documents folder, with `/`, NFC. */
  path: string;
  /** Real place on disk, links followed. */
  file: string;
  /** Place on disk as listed: a sidecar lies beside it. */
  listed: string;
  bytes: number;
};

export type Listing = {
  /** Sorted by path. */
  files: SourceFile[];
  /** What could not be listed; a folder ends in `/`. */
  skipped: { path: string; reason: string }[];
};

const MAX_DEPTH = 40;
/** Of a corpus folder that holds its documents itself. */
const OWN_FILES = new Set(['corpus.yaml', 'gold.jsonl', 'gold-restricted.jsonl']);

/**
 * The files below `root`. Names that start with `.` or `~$` (lock files of office programs) are
 * passed over in silence, and so are sidecars of a file. A link is followed to a file inside `root` only: one to a folder may run
 * in a circle, and one to the outside would publish files that nobody put into the corpus.
 */
export async function listFiles(root: string): Promise<Listing> {
  const top = await realpath(root);
  const listing: Listing = { files: [], skipped: [] };

  const visit = async (folder: string, prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      listing.skipped.push({ path: prefix, reason: `The folder cannot be read (${code}).` });
      return [];
    });
    const names = new Set(entries.map(({ name }) => name));
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name.startsWith('~$')) continue;
      if (entry.name.endsWith(SIDECAR)) {
        const document = entry.name.slice(0, -SIDECAR.length);
        // Mistyped, it would leave the file that is meant with other rights.
        if (!names.has(document)) {
          const path = `${prefix}${entry.name}`.normalize('NFC');
          listing.skipped.push({ path, reason: `There is no ${document} that it belongs to.` });
        }
        continue;
      }
      if (prefix === '' && OWN_FILES.has(entry.name)) continue;
      const path = `${prefix}${entry.name}`.normalize('NFC');
      const full = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (depth >= MAX_DEPTH) {
          listing.skipped.push({ path: `${path}/`, reason: 'The folder is nested too deeply.' });
        } else await visit(full, `${path}/`, depth + 1);
      } else if (entry.isFile() || entry.isSymbolicLink()) await add(full, path);
    }
  };

  const add = async (full: string, path: string): Promise<void> => {
    try {
      const file = await realpath(full);
      if (!file.startsWith(top + sep)) {
        listing.skipped.push({ path, reason: 'The link leads out of the documents folder.' });
        return;
      }
      const { size, isFile } = await stat(file).then((found) => ({
        size: found.size,
        isFile: found.isFile(),
      }));
      if (isFile) listing.files.push({ path, file, listed: full, bytes: size });
      else listing.skipped.push({ path, reason: 'Links to folders are not followed.' });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      listing.skipped.push({ path, reason: `The file cannot be read (${code}).` });
    }
  };

  await visit(top, '', 0);
  listing.files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return listing;
}
