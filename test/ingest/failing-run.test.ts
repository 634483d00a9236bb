import type * as FileSystem from 'node:fs/promises';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type * as LanceDb from '@lancedb/lancedb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isKakehashiError } from '../../src/errors.js';
import { storing } from '../../src/store/lance-errors.js';
import { NIGHTS_LATER, openIndex } from './real-index.js';

/** Every call that the run makes of LanceDB, of the files of the index and of the records. */
const { steps } = await vi.hoisted(async () => {
  const { createFailingSteps } = await import('./failing-steps.js');
  return { steps: createFailingSteps() };
});

vi.mock('@lancedb/lancedb', async (original) => {
  const lancedb = await original<typeof LanceDb>();
  const connect = async (...given: Parameters<typeof lancedb.connect>) =>
    steps.wrap(await lancedb.connect(...given));
  return { ...lancedb, connect };
});

vi.mock('node:fs/promises', async (original) => {
  const files = await original<typeof FileSystem>();
  const failing =
    <Given extends unknown[], T>(name: string, call: (...given: Given) => Promise<T>) =>
    (...given: Given): Promise<T> =>
      String(given[0]).includes(INDEX) ? steps.step(name, () => call(...given)) : call(...given);
  return {
    ...files,
    open: async (...given: Parameters<typeof files.open>) => {
      if (!String(given[0]).includes(INDEX)) return await files.open(...given);
      return await steps.step(`open ${given[1]}`, async () =>
        steps.wrap(await files.open(...given)),
      );
    },
    mkdir: failing('mkdir', files.mkdir),
    writeFile: failing('writeFile', files.writeFile),
    rename: failing('rename', files.rename),
    rm: failing('rm', files.rm),
  };
});

const INDEX = 'faulty-index';
const READER = { readableBy: { id: 'local', access: [], readsAll: true } };
const SECRET = 'The secret of the third document.';

const OLD = { 'a.md': '# A\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n', 'b.md': '# B\n\nGoes.\n' };
const NEW = {
  'a.md': '# A\n\n## One\n\nFirst, changed.\n\n## Two\n\nSecond.\n',
  'c.md': `# C\n\n${SECRET}\n`,
};
type Texts = Readonly<Record<string, string>>;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'failing-run-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A data folder, made anew of `from` if given. */
async function dataFolder(from?: string): Promise<string> {
  const folder = await mkdtemp(join(root, 'data-'));
  if (from !== undefined) await cp(from, folder, { recursive: true });
  return folder;
}

async function writeTexts(data: string, texts: Texts): Promise<void> {
  await rm(join(data, 'docs'), { recursive: true, force: true });
  await mkdir(join(data, 'docs'), { recursive: true });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(data, 'docs', name), text);
}

const open = (data: string) =>
  openIndex(data, { ...NIGHTS_LATER, dir: join(data, INDEX), vectorIndexFromRows: 1 });

async function indexInto(data: string) {
  await using index = open(data);
  const { documents } = index.records;
  return await index.run(join(data, 'docs'), {
    texts: {
      sources: (corpus) => documents.sources(corpus),
      save: (saved) => storing(() => steps.step('save', async () => documents.save(saved))),
    },
  });
}

/** What a reader gets: passages with their texts, sorted; one of another process sees the same. */
async function readable(data: string): Promise<string[]> {
  await using index = open(data);
  const reader = index.store.reader('docs');
  await using snapshot = await reader.snapshot();
  const found: string[] = [];
  for (const id of ['a.md', 'b.md', 'c.md']) {
    for (const { text, revision, start, end } of await snapshot.passagesOf(id, READER)) {
      const document = index.records.documents.get('docs', id, revision);
      expect(document?.text.slice(start, end)).toBe(text);
      found.push(`${id}: ${text}`);
    }
  }
  expect(await snapshot.count(READER)).toBe(found.length);
  const query = { filter: READER, limit: 30 };
  const ids = async (hits: Promise<{ passage: { id: string } }[]>) =>
    new Set((await hits).map(({ passage }) => passage.id)).size;
  expect(await ids(snapshot.dense(new Float32Array(8).fill(1), query))).toBe(found.length);
  return found.toSorted();
}

const passages = (texts: Texts): string[] =>
  Object.entries(texts)
    .flatMap(([id, text]) =>
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => `${id}: ${line}`),
    )
    .toSorted();

type Work = (data: string) => Promise<unknown>;

/** Numbers from 1 of the steps to fail: all, but of the loop that syncs each file only some. */
async function stepsOf(work: Work, from: string): Promise<{ at: number; name: string }[]> {
  const data = await dataFolder(from);
  steps.failAt(Number.POSITIVE_INFINITY, 'before');
  await work(data);
  const all = steps.rest().map((name, index) => ({ at: index + 1, name }));
  const isSync = ({ name }: { name: string }) => name === 'open r' || name === 'FileHandle.sync';
  const lastSync = all.findLastIndex(isSync);
  return all.filter((one, index) => !isSync(one) || index % 15 === 0 || index > lastSync - 4);
}

/** Fails one step of `work` in a copy of `from`; gives the copy and what was thrown. */
async function failOnce(work: Work, from: string, at: number, when: 'before' | 'after') {
  const data = await dataFolder(from);
  steps.failAt(at, when);
  const outcome = await work(data).then(
    () => null,
    (error: unknown) => error,
  );
  steps.rest();
  return { data, outcome };
}

/**
 * Fails each step of `work` in turn, and looks at what readers have after it and after the next try.
 * Gives the names of the steps and, in words, all that is not as it should be.
 */
async function failEach(
  when: 'before' | 'after',
  { from, work, ...states }: { from: string; work: Work; old: Texts; new: Texts },
): Promise<{ failed: string[]; wrong: string[] }> {
  const all = await stepsOf(work, from);
  const [old, next] = [passages(states.old), passages(states.new)].map(said);
  const wrong: string[] = [];
  for (const { at, name } of all) {
    const { data, outcome } = await failOnce(work, from, at, when);
    const note = (what: string) => wrong.push(`step ${at}, ${name}, fails ${when}: ${what}`);
    if (outcome !== null && !isToldAsFull(outcome)) note(`told as ${inspect(outcome)}`);
    const now = said(await readable(data));
    if (now !== old && now !== next) note(`a third state, ${now}`);
    if (outcome === null && now !== next) note('not done and nothing said');

    await work(data);
    const afterwards = said(await readable(data));
    if (afterwards !== next) note(`the next try leaves ${afterwards}`);
    await rm(data, { recursive: true, force: true });
  }
  return { failed: all.map(({ name }) => name), wrong };
}

const said = (readables: string[]) => readables.join(' | ');

function isToldAsFull(outcome: unknown): boolean {
  return (
    isKakehashiError(outcome) &&
    outcome.code === 'disk.full' &&
    !outcome.message.includes('/secret/path')
  );
}

describe.each(['before', 'after'] as const)('a step that fails %s it is done', (when) => {
  test('leaves the old or the new version, and the next run completes', async () => {
    const from = await dataFolder();
    await writeTexts(from, OLD);
    await indexInto(from);
    await writeTexts(from, NEW);
    const { failed, wrong } = await failEach(when, { from, work: indexInto, old: OLD, new: NEW });
    expect(wrong).toEqual([]);
    for (const name of ['MergeInsertBuilder.execute', 'LocalTable.optimize', 'rename']) {
      expect(failed).toContain(name);
    }
  }, 600_000);

  test.runIf(when === 'before')(
    'of the first run leaves nothing or all',
    async () => {
      const from = await dataFolder();
      await writeTexts(from, NEW);
      const whole = said(passages(NEW));
      const wrong: string[] = [];
      for (const { at, name } of await stepsOf(indexInto, from)) {
        const { data } = await failOnce(indexInto, from, at, when);
        const now = (await hasCorpus(data)) ? said(await readable(data)) : whole;
        await indexInto(data);
        const afterwards = said(await readable(data));
        if (now !== whole || afterwards !== whole) wrong.push(`step ${at}, ${name}: ${now}`);
      }
      expect(wrong).toEqual([]);
    },
    600_000,
  );

  test('of an erasure leaves the document whole or gone, and the next one removes its bytes', async () => {
    const from = await dataFolder();
    await writeTexts(from, OLD);
    await indexInto(from);
    await writeTexts(from, { ...OLD, ...NEW });
    await indexInto(from);
    const erase = async (data: string) => {
      await using index = open(data);
      await using writer = await index.store.writer('docs');
      await writer.erase(['c.md']);
      expect(await filesWith(join(data, INDEX), SECRET)).toEqual([]);
    };
    const { wrong } = await failEach(when, {
      from,
      work: erase,
      old: { ...OLD, ...NEW },
      new: { 'b.md': OLD['b.md'], 'a.md': NEW['a.md'] },
    });
    expect(wrong).toEqual([]);
  }, 600_000);
});

async function hasCorpus(data: string): Promise<boolean> {
  await using index = open(data);
  return (await index.store.corpora()).length > 0;
}

async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}
