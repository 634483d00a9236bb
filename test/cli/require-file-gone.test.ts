import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireFileGone } from '../../src/cli/require-file-gone.js';
import { loadConfig } from '../../src/config.js';
import { createParser } from '../../src/ingest/parser.js';
import { temporaryFolder } from '../store/fixtures.js';

const workerFile = join(import.meta.dirname, '../../dist/ingest/parse-worker.js');
const { signal } = new AbortController();

/** What is said to an erasure from the corpus `docs` with this file; without content a link to nowhere. */
async function ask(
  content: string | Uint8Array | null,
  {
    file,
    source = file,
    id = source,
    settings = '',
  }: { file: string; source?: string; id?: string; settings?: string },
) {
  const directory = await temporaryFolder();
  const corpus = join(directory, 'corpora', 'docs');
  const copy = join(directory, 'data', 'sources', 'docs', 'files');
  const folder = settings === '' ? join(corpus, 'documents') : copy;
  await mkdir(corpus, { recursive: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(corpus, 'corpus.yaml'), settings);
  if (content === null) await symlink(join(directory, 'unmounted'), join(folder, file));
  else await writeFile(join(folder, file), content);
  const config = loadConfig({ environment: {}, directory });
  await using parser = createParser({ workerFile });
  return await requireFileGone(config, { corpus: 'docs', id, source }, { parser, signal }).then(
    () => 'gone',
    (error: Error) => error.message,
  );
}

const rows = (...ids: string[]) => ids.map((id) => ({ id, text: `The text of ${id}.` }));
const lines = (...ids: string[]) =>
  rows(...ids)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');

describe('requireFileGone', () => {
  it('refuses while the file is there, and lets a document go whose file is not', async () => {
    expect(await ask('The text.', { file: 'a.md' })).toMatch(/a\.md is still in the folder/u);
    expect(await ask('The text.', { file: 'b.md', source: 'a.md' })).toBe('gone');
  });

  it('finds a file whose name is stored with its marks apart', async () => {
    const source = 'ガイド.md'.normalize('NFC');
    expect(await ask('The text.', { file: source.normalize('NFD'), source })).toMatch(/still/u);
  });

  it('finds a document of several in one file whatever its encoding and its escapes', async () => {
    const id = '案内';
    const escaped = lines(id, 'other').replace(id, '\\u6848\\u5185');
    expect(await ask(escaped, { file: 'all.jsonl', id })).toMatch(/still/u);
    const utf16 = Buffer.from(`\ufeff${lines(id, 'other')}`, 'utf16le');
    expect(await ask(utf16, { file: 'all.jsonl', id })).toMatch(/still/u);
  });

  it('lets a document go from a file that stays with the others', async () => {
    expect(await ask(lines('other'), { file: 'all.ndjson', id: 'gone' })).toBe('gone');
    const list = JSON.stringify(rows('other', 'another'));
    expect(await ask(list, { file: 'all.json', id: 'gone' })).toBe('gone');
    expect(await ask(list, { file: 'all.json', id: 'other' })).toMatch(/still/u);
  });

  it('refuses while nobody can tell what is in the file', async () => {
    expect(await ask('{', { file: 'all.json', id: 'gone' })).toMatch(/still/u);
    expect(await ask(null, { file: 'a.md' })).toMatch(/still/u);
  });

  it('looks into the copy of a source', async () => {
    const settings = 'source: { kind: git, repository: https://example.org/a.git }\n';
    expect(await ask('The text.', { file: 'a.md', settings })).toMatch(/still at the source/u);
    expect(await ask('The text.', { file: 'b.md', source: 'a.md', settings })).toBe('gone');
  });
});
