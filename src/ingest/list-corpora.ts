import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, KakehashiError } from '../errors.js';
import { type Corpus, loadCorpus } from './corpus.js';

/**
 * Every corpus folder of `corporaDir`, by name. No folder at all is no corpora. Errors: those of
 * `loadCorpus`; `config.invalid` when two folders give the same name.
 */
export async function listCorpora(corporaDir: string): Promise<Corpus[]> {
  const folders = await foldersOf(corporaDir);
  const corpora: Corpus[] = [];
  for (const folder of folders) {
    const corpus = await loadCorpus(join(corporaDir, folder));
    if (corpora.some(({ name }) => name === corpus.name)) {
      throw new KakehashiError('config.invalid', `Two corpora are named "${corpus.name}".`, {
        remedy: 'Give one of them another name in its corpus.yaml.',
      });
    }
    corpora.push(corpus);
  }
  return corpora.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function foldersOf(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
