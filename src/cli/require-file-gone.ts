import { join } from 'node:path';
import type { Config } from '../config.js';
import { isSystemError, KakehashiError } from '../errors.js';
import { listCorpora } from '../ingest/list-corpora.js';
import { isFolder, listFiles, type Listing } from '../ingest/list-files.js';
import type { Parser } from '../ingest/parser.js';
import { prepareFile } from '../ingest/prepare-file.js';
import { MIRRORED_FILES } from '../ingest/sources/mirror.js';
import type { StoredDocument } from '../store/passage.js';
import { mirrorFolder } from './fetch-source.js';

/**
 * Lists and reads what the next index run would. Errors: `request.invalid` while a document is in its
 * file, or the file cannot be read so that nobody can tell; `cancelled`; those of `listCorpora`.
 */
export async function requireFileGone(
  config: Config,
  { corpus: name, id, source }: Pick<StoredDocument, 'corpus' | 'id' | 'source'>,
  { parser, signal }: { parser: Pick<Parser, 'parse'>; signal: AbortSignal },
): Promise<void> {
  const corpus = (await listCorpora(config.corpora)).find((one) => one.name === name);
  if (corpus === undefined) return;
  const isFetched = corpus.source !== null;
  const folder = isFetched ? join(mirrorFolder(config, name), MIRRORED_FILES) : corpus.documentsDir;
  const { files, skipped } = await listFiles(folder).catch((error: unknown): Listing => {
    // Of a source from which nothing was fetched yet.
    if (isSystemError(error, 'ENOENT')) return { files: [], skipped: [] };
    throw error;
  });
  const file = files.find(({ path }) => path === source);
  let isThere = skipped.some(
    ({ path }) => path === source || (isFolder(path) && source.startsWith(path)),
  );
  if (file !== undefined) {
    const documents = await prepareFile(file, {
      corpus,
      parser,
      signal,
      fail: (_path, _reason, { place, withdraws } = {}) => {
        isThere ||= place === undefined || withdraws === true;
      },
    });
    isThere ||= documents.some(({ document }) => document.id === id);
  }
  if (!isThere) return;
  const place = isFetched ? 'at the source' : 'in the folder';
  throw new KakehashiError('request.invalid', `${source} is still ${place} of the corpus.`, {
    remedy: `Remove it there first, or of several documents in it this one${isFetched ? ', and index' : ''}; otherwise the next run indexes it again.`,
  });
}
