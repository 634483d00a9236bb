import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Corpus } from '../ingest/corpus.js';
import { MIRRORED_FILES, type MirrorReport, updateMirror } from '../ingest/sources/mirror.js';
import { openSource } from '../ingest/sources/open-source.js';
import { createBar, note } from './terminal.js';

/** Where the copy of a corpus's source lies. */
export function mirrorFolder({ data }: Config, corpus: string): string {
  return join(data, 'sources', corpus);
}

/**
 * The folder to index: that of the corpus, or the copy of its source, brought up to date first. Errors:
 * `ingest.source_failed`, `cancelled`; the index in use is then left as it is.
 */
export async function fetchSource(
  config: Config,
  { name, dir, documentsDir, source }: Corpus,
  { json, signal }: { json: boolean; signal: AbortSignal },
): Promise<{ documentsDir: string; unread: MirrorReport['failed'] }> {
  if (source === null) return { documentsDir, unread: [] };
  const mirrorDir = mirrorFolder(config, name);
  const { s3_access_key_id: accessKeyId, s3_secret_access_key: secretAccessKey } = config;
  const s3 = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null;
  const opened = openSource(source, { corpusDir: dir, mirrorDir, s3 });
  const bar = createBar(`fetch ${name}`, json);
  try {
    const report = await updateMirror(opened, mirrorDir, {
      signal,
      // How many there are is known at the end.
      onFile: (count) => bar.update(count, Math.max(count + 1, 100), `${count} files`),
    });
    const { fetched, unchanged, removed, failed } = report;
    if (!json) {
      note(
        `${name}: ${fetched} files fetched, ${unchanged} unchanged, ${removed} gone, ${failed.length} failed.`,
      );
    }
    return { documentsDir: join(mirrorDir, MIRRORED_FILES), unread: failed };
  } finally {
    bar.stop();
  }
}
