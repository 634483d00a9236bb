import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eraseDocument } from '../../src/cli/erase.js';
import { loadConfig } from '../../src/config.js';
import { openOriginals } from '../../src/store/originals.js';
import { passportFor, writeAdapter } from '../adapters/crafted.js';
import { response } from '../eval/response.js';
import { openIndex } from '../ingest/real-index.js';
import { temporaryFolder } from '../store/fixtures.js';

const SENTENCE = 'The canary of the letter sings at night.';
const LETTER = { corpus: 'docs', id: 'letter.md' };
const ANSWER = '00000000-0000-4000-8000-00000000000a';
const { signal } = new AbortController();

/** A corpus whose letter was indexed, and has left the folder since. */
async function openPlace() {
  const directory = await temporaryFolder();
  const config = loadConfig({ environment: {}, directory });
  const docs = join(config.corpora, 'docs', 'documents');
  await mkdir(docs, { recursive: true });
  await writeFile(join(docs, 'letter.md'), `${SENTENCE}\n`);
  await writeFile(join(docs, 'open.md'), 'What everybody may read in the open.\n');
  const index = openIndex(config.data);
  onTestFinished(() => index[Symbol.asyncDispose]());
  await index.run(docs);
  await rm(join(docs, 'letter.md'));
  const { store: passages, records } = index;
  const originals = openOriginals(join(config.data, 'originals'), records.originals);
  const stores = { passages, records, originals };
  return {
    config,
    stores,
    /** Index runs until no version shows the letter, after which its text is not kept. */
    async forgetText() {
      await index.run(docs);
      records.documents.prune('docs', new Map());
    },
    erase: (needs: typeof stores = stores) => eraseDocument(config, needs, LETTER, signal),
  };
}

type Place = Awaited<ReturnType<typeof openPlace>>;

const citing = () =>
  response({
    id: ANSWER,
    answer: SENTENCE,
    citations: [{ corpus: 'docs', document_id: LETTER.id, verified: true }],
  });

function giveAnswer({ stores }: Place) {
  stores.records.decisions.put(citing(), { principal: 'p', question: 'What sings?' });
}

async function keepForMeasuring({ config }: Place) {
  const file = join(config.data, 'eval', 'docs.jsonl');
  await mkdir(join(config.data, 'eval'), { recursive: true });
  await writeFile(file, `${JSON.stringify({ key: 'k', response: citing(), holds: true })}\n`);
  return file;
}

/** An adapter that learned from the letter, with its run and its data. */
async function train({ config }: Place) {
  const lineage = [{ ...LETTER, revision: '0123456789abcdef', access: [] }];
  const file = Buffer.from('gguf');
  await writeAdapter(config.adapters, file, passportFor(file, { lineage }));
  return await keepRun({ config }, 'tiny');
}

async function keepRun({ config }: Pick<Place, 'config'>, name: string) {
  const folder = join(config.data, 'train', name, '0123456789ab');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'examples.jsonl'), JSON.stringify({ content: SENTENCE }));
  return folder;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('eraseDocument', () => {
  it('leaves nothing of a document below the data folder', async () => {
    const place = await openPlace();
    giveAnswer(place);
    const cacheFile = await keepForMeasuring(place);
    expect(await place.erase()).toMatchObject({
      version: 2,
      revisions: 1,
      answers: 1,
      cached: 1,
      adapters: [],
      trainingData: [],
      probes: 1,
      left: [],
    });
    expect(place.stores.records.decisions.get(ANSWER)?.answer).toBeNull();
    expect(await readFile(cacheFile, 'utf8')).not.toContain('canary');
    expect(place.stores.records.documents.wasErased('docs', LETTER.id)).toBe(true);
  });

  it('goes on where it failed, also when the text is gone by then', async () => {
    const place = await openPlace();
    const { records } = place.stores;
    const compact = () => {
      throw new Error('disk full');
    };
    const needs = { ...place.stores, records: { ...records, compact } };
    await expect(place.erase(needs)).rejects.toThrow('disk full');
    expect(await place.erase()).toMatchObject({ revisions: 0, probes: 0, left: [] });
  });

  it('keeps the text while answers may hold it, as it tells what to look for', async () => {
    const place = await openPlace();
    const unreadable = join(place.config.data, 'eval', 'docs.jsonl');
    await mkdir(unreadable, { recursive: true });
    await expect(place.erase()).rejects.toThrow('EISDIR');
    await rm(unreadable, { recursive: true });
    expect(await place.erase()).toMatchObject({ revisions: 1, probes: 1, left: [] });
  });

  it.each<[string, (place: Place) => unknown]>([
    ['an answer', giveAnswer],
    ['an answer kept for measuring', keepForMeasuring],
    ['an adapter', train],
  ])('erases a document whose text is gone when %s tells of it', async (_name, leave) => {
    const place = await openPlace();
    await place.forgetText();
    await expect(place.erase()).rejects.toMatchObject({ code: 'document.not_found' });
    await leave(place);
    expect(await place.erase()).toMatchObject({ revisions: 0, probes: 0, left: [] });
    expect(place.stores.records.documents.wasErased('docs', LETTER.id)).toBe(true);
  });

  it('publishes no index for a corpus that was never here', async () => {
    const place = await openPlace();
    const elsewhere = { corpus: 'elsewhere', id: 'letter.md' };
    const file = Buffer.from('gguf');
    const lineage = [{ ...elsewhere, revision: '0123456789abcdef', access: [] }];
    await writeAdapter(place.config.adapters, file, passportFor(file, { lineage }));
    const report = await eraseDocument(place.config, place.stores, elsewhere, signal);
    expect(report).toMatchObject({ version: null, adapters: ['tiny'], left: [] });
    expect(await place.stores.passages.corpora()).toEqual(['docs']);
  });

  it('removes the training runs of adapters that learned from it', async () => {
    const place = await openPlace();
    const run = await train(place);
    expect(await place.erase()).toMatchObject({ adapters: ['tiny'], left: [] });
    expect(await exists(run)).toBe(false);
  });

  it('looks for it in the training runs of others, but not in the packages', async () => {
    const place = await openPlace();
    await keepRun(place, 'other');
    await keepRun(place, 'venv');
    const left = [join('train', 'other', '0123456789ab', 'examples.jsonl')];
    expect((await place.erase()).left).toEqual(left);
  });

  it('names the data files to take it out of, and removes what was trained on them', async () => {
    const place = await openPlace();
    const run = await keepRun(place, 'tiny');
    const data = join(place.config.adapters, 'tiny', 'data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'sources.docs.jsonl'), JSON.stringify({ text: SENTENCE }));
    const trainingData = [join('tiny', 'data', 'sources.docs.jsonl')];
    expect(await place.erase()).toMatchObject({ trainingData, left: [] });
    expect(await exists(run)).toBe(false);
  });
});
