import { join } from 'node:path';
import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { goldIn, type GoldQuestion, readGold } from '../eval/gold.js';
import { listCorpora } from '../ingest/list-corpora.js';

/**
 * The gold questions in the folder of a corpus, none without the file or the folder. Errors: those of
 * `goldIn` and `listCorpora`.
 */
export async function goldOf(config: Config, corpus: string): Promise<GoldQuestion[]> {
  const folder = await folderOf(config, corpus);
  return folder === null ? [] : await goldIn(folder);
}

/** Those of `file`, by default of the corpus. Errors: as above, and `request.invalid` without any. */
export async function requireGold(
  config: Config,
  corpus: string,
  file: string | undefined,
): Promise<GoldQuestion[]> {
  if (file !== undefined) return await readGold(file);
  const folder = await folderOf(config, corpus);
  if (folder !== null) return await readGold(join(folder, 'gold.jsonl'));
  throw new KakehashiError('request.invalid', `The corpus "${corpus}" has no folder here.`, {
    remedy: 'Give a gold file with --gold, or put its folder into corpora/.',
  });
}

/** A folder may be called otherwise than its corpus; one that `index --from` named lies elsewhere. */
async function folderOf({ corpora }: Config, corpus: string): Promise<string | null> {
  return (await listCorpora(corpora)).find(({ name }) => name === corpus)?.dir ?? null;
}
