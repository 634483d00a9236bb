import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCorpus } from '../../src/ingest/corpus.js';
import { compileGlob } from '../../src/ingest/glob.js';
import { listCorpora } from '../../src/ingest/list-corpora.js';
import { listFiles } from '../../src/ingest/list-files.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corpus-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['legal/**', 'legal/a/b.md', true],
  ['legal/**', 'illegal/a.md', false],
  ['**/x.md', 'x.md', true],
  ['**/x.md', 'a/b/x.md', true],
  ['*.md', 'a/x.md', false],
  ['a?c/*.txt', 'abc/1.txt', true],
  ['./a.md', 'a.md', true],
  ['人事/**', '人事/規程.md', true],
  ['a+(b).md', 'a+(b).md', true],
  ['**', 'any/thing', true],
])('glob %s on %s is %s', (pattern, path, expected) => {
  expect(compileGlob(pattern)(path)).toBe(expected);
});

describe('loadCorpus', () => {
  test('works without corpus.yaml: name from the folder, readable by nobody', async () => {
    await mkdir(join(folder, 'Our Docs', 'documents'), { recursive: true });
    const corpus = await loadCorpus(join(folder, 'Our Docs'));
    expect(corpus).toMatchObject({
      name: 'our-docs',
      title: { ja: 'our-docs', en: 'our-docs' },
      documentsDir: join(folder, 'Our Docs', 'documents'),
    });
    expect(corpus.settingsFor('a.md')).toEqual({ access: [], disclaimer: 'none' });
  });

  test('the first matching rule decides, field by field', async () => {
    await writeFile(
      join(folder, 'corpus.yaml'),
      'name: hb\naccess: ["group:everyone"]\ndisclaimer: { kind: none }\nrules:\n  - { match: "legal/**", disclaimer: legal }\n  - { match: "**/secret-*", access: ["group:board"] }\n  - { match: "legal/**", access: ["group:late"], disclaimer: medical }\n',
    );
    const corpus = await loadCorpus(folder);
    expect(corpus.settingsFor('a.md')).toEqual({ access: ['group:everyone'], disclaimer: 'none' });
    expect(corpus.settingsFor('legal/secret-1.md')).toEqual({
      access: ['group:board'],
      disclaimer: 'legal',
    });
    expect(corpus.documentsDir).toBe(folder);
  });

  test.each([
    ['name: Bad Name', /corpus.yaml, name/u],
    ['access: [everyone]', /corpus.yaml, access.0/u],
    ['surprise: 1', /corpus.yaml/u],
    ['a: "open', /not valid YAML/u],
  ])('refuses %s with its place', async (yaml, message) => {
    await writeFile(join(folder, 'corpus.yaml'), yaml);
    await expect(loadCorpus(folder)).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringMatching(message),
    });
  });

  test('a missing folder is corpus.not_found', async () => {
    await expect(loadCorpus(join(folder, 'none'))).rejects.toMatchObject({
      code: 'corpus.not_found',
    });
  });
});

test('loads every corpus of a folder, and refuses one name twice', async () => {
  expect(await listCorpora(join(folder, 'none'))).toEqual([]);
  for (const name of ['b', 'a', '.git']) await mkdir(join(folder, name));
  expect((await listCorpora(folder)).map(({ name }) => name)).toEqual(['a', 'b']);
  await writeFile(join(folder, 'b', 'corpus.yaml'), 'name: a');
  await expect(listCorpora(folder)).rejects.toMatchObject({ code: 'config.invalid' });
});

describe('listFiles', () => {
  test('lists sorted, skips hidden and lock files, follows no link out or to a folder', async () => {
    const docs = join(folder, 'docs');
    await mkdir(join(docs, 'b'), { recursive: true });
    await mkdir(join(docs, '.git'));
    await writeFile(join(folder, 'outside.md'), 'secret');
    for (const name of ['b/2.md', 'a.md', '.hidden.md', '~$a.docx', '.git/x.md'])
      await writeFile(join(docs, name), 'x');
    await symlink(join(folder, 'outside.md'), join(docs, 'out.md'));
    await symlink(join(docs, 'a.md'), join(docs, 'in.md'));
    await symlink(docs, join(docs, 'circle'));
    await symlink(join(docs, 'gone.md'), join(docs, 'dangling.md'));
    const { files, skipped } = await listFiles(docs);
    expect(files.map((file) => file.path)).toEqual(['a.md', 'b/2.md', 'in.md']);
    expect(skipped.map((entry) => entry.path).toSorted()).toEqual([
      'circle',
      'dangling.md',
      'out.md',
    ]);
  });
});
