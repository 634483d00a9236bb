import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KakehashiError } from '../../../src/errors.js';
import { safePath, updateMirror } from '../../../src/ingest/sources/mirror.js';
import type { Source, SourceItem } from '../../../src/ingest/sources/source.js';

let folder: string;
let fetched: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kakehashi-mirror-'));
  fetched = [];
});
afterEach(() => rm(folder, { recursive: true }));

const item = (path: string, text: string, more: Partial<SourceItem> = {}): SourceItem => ({
  path,
  fingerprint: text,
  fetch: () => {
    fetched.push(path);
    return Promise.resolve({ bytes: Buffer.from(text), fingerprint: text });
  },
  ...more,
});
const broken = (path: string, code: 'ingest.read_failed' | 'ingest.source_failed') =>
  item(path, 'x', { fetch: () => Promise.reject(new KakehashiError(code, 'It did not come.')) });
const sourceOf = (...items: SourceItem[]): Source =>
  async function* list() {
    yield* items;
  };
const update = (...items: SourceItem[]) =>
  updateMirror(sourceOf(...items), folder, { signal: undefined });
const read = (path: string) => readFile(join(folder, 'files', path), 'utf8');

describe('updateMirror', () => {
  it('fetches what changed, keeps what did not, removes what is gone with its folder', async () => {
    await update(item('a.md', 'one'), item('deep/b.md', 'two'), item('c.md', 'three'));
    fetched = [];
    const report = await update(item('a.md', 'one'), item('c.md', 'four'));
    expect(report).toEqual({ fetched: 1, unchanged: 1, removed: 1, failed: [] });
    expect(fetched).toEqual(['c.md']);
    expect(await read('c.md')).toBe('four');
    expect(await readdir(join(folder, 'files'))).toEqual(['a.md', 'c.md']);
  });

  it('fetches a file again that somebody took away', async () => {
    await update(item('a.md', 'one'));
    await rm(join(folder, 'files', 'a.md'));
    expect(await update(item('a.md', 'one'))).toMatchObject({ fetched: 1 });
  });

  it('keeps the copy of before when a file cannot be fetched', async () => {
    await update(item('a.md', 'one'));
    const report = await update(broken('a.md', 'ingest.read_failed'));
    expect(report.failed).toEqual([{ path: 'a.md', reason: 'It did not come.' }]);
    expect(await read('a.md')).toBe('one');
  });

  it('removes nothing when what failed may hide others', async () => {
    await update(item('a.md', 'one'), item('b.md', 'two'));
    await update({ ...broken('a.md', 'ingest.read_failed'), hidesOthers: true });
    expect(await read('b.md')).toBe('two');
    expect(await update(item('a.md', 'one'))).toMatchObject({ removed: 1 });
  });

  it('removes nothing when the source fails, and goes on from there', async () => {
    await update(item('a.md', 'one'), item('b.md', 'two'));
    await expect(
      update(item('a.md', 'new'), broken('b.md', 'ingest.source_failed')),
    ).rejects.toMatchObject({ code: 'ingest.source_failed' });
    expect(await read('b.md')).toBe('two');
    fetched = [];
    await update(item('a.md', 'new'), item('b.md', 'two'));
    expect(fetched).toEqual([]);
  });

  it('fetches everything once more when its notes are lost', async () => {
    await update(item('a.md', 'one'));
    await writeFile(join(folder, 'manifest.json'), '{"a.md":');
    expect(await update(item('a.md', 'one'))).toMatchObject({ fetched: 1 });
  });

  it('removes what a killed run left without a note, and the page that was noted stays', async () => {
    await update(item('a.html', '<p>x', { url: 'https://example.com/a' }));
    await mkdir(join(folder, 'files', 'deep'));
    for (const left of ['b.md', 'deep/c.md', 'deep/.part']) {
      await writeFile(join(folder, 'files', left), 'left');
    }
    await update(item('a.html', '<p>x', { url: 'https://example.com/a' }));
    expect(await readdir(join(folder, 'files'))).toEqual(['a.html', 'a.html.meta.yaml']);
  });

  it('keeps the copy of before of what now leads away, and leaves out what always did', async () => {
    await update(item('a.html', 'one'));
    const away = (path: string) => ({ ...broken(path, 'ingest.read_failed'), leadsAway: true });
    const report = await update(away('a.html'), away('b.html'));
    expect(report.failed.map(({ path }) => path)).toEqual(['a.html']);
    expect(await read('a.html')).toBe('one');
  });

  it('notes the address of a page beside it', async () => {
    await update(item('a.html', '<p>x', { url: 'https://example.com/a' }));
    expect(await read('a.html.meta.yaml')).toBe('url: https://example.com/a\n');
    await update();
    expect(await readdir(join(folder, 'files'))).toEqual([]);
  });

  it('leaves a sidecar alone that came from the source', async () => {
    await update(item('a.pdf', 'one'), item('a.pdf.meta.yaml', 'access: [group:hr]\n'));
    await update(item('a.pdf', 'two'), item('a.pdf.meta.yaml', 'access: [group:hr]\n'));
    expect(await read('a.pdf.meta.yaml')).toBe('access: [group:hr]\n');
    await update(item('a.pdf.meta.yaml', 'access: [group:hr]\n'));
    expect(await readdir(join(folder, 'files'))).toEqual(['a.pdf.meta.yaml']);
  });

  it('writes nothing outside its folder, whatever a source names', async () => {
    // Two of them come to the same name, once as a folder and once as a file.
    const paths = ['../../out.md', '/etc/passwd', 'a/../../b', '..', '', '.git/config', 'a\u0000b'];
    const { failed } = await update(...paths.map((path, at) => item(path, `text ${at}`)));
    expect(failed).toHaveLength(2);
    expect(existsSync(join(folder, '..', 'out.md'))).toBe(false);
    expect(await readdir(folder)).toEqual(['files', 'manifest.json']);
    expect(safePath('a/../../b.md')).toBe('a/_/_/b.md');
    expect(Buffer.byteLength(safePath(`${'長'.repeat(300)}.pdf`))).toBeLessThan(200);
    expect(safePath(`${'長'.repeat(300)}.pdf`)).toMatch(/\.pdf$/u);
  });

  it('leaves the sidecar of a long name beside its file', () => {
    for (const name of [`${'長'.repeat(65)}.pdf`, `${'長'.repeat(300)}.pdf`]) {
      expect(safePath(`${name}.meta.yaml`)).toBe(`${safePath(name)}.meta.yaml`);
    }
  });
});
