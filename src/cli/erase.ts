import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { adapterNames } from '../adapters/registry.js';
import { readPassport } from '../adapters/passport-file.js';
import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { createParser } from '../ingest/parser.js';
import { sentenceSpans } from '../ingest/sentences.js';
import { GIT_FOLDER } from '../ingest/sources/open-source.js';
import { replaceFile } from '../models/model-files.js';
import { openKnowledge } from '../knowledge.js';
import type { StoredDocument } from '../store/passage.js';
import { mirrorFolder } from './fetch-source.js';
import { requireFileGone } from './require-file-gone.js';
import { EXIT, note, print, printJson } from './terminal.js';

export type EraseOptions = { corpus: string; json: boolean; signal: AbortSignal };

/** Sentences that are looked for afterwards, and the least length of one. */
const PROBES = 12;
const PROBE_CHARACTERS = 16;
/** Folders of the data folder that hold no document text. */
const WITHOUT_TEXT = new Set(['models', 'adapters', 'train']);

/**
 * Removes a document from every version of the index, the stored texts, answers that cite it and the
 * answers kept for measuring, flags the adapters that learned from it, and looks for its sentences in
 * every file of the data folder. Errors: `document.not_found`; those of `requireFileGone`.
 */
export async function erase(config: Config, id: string, options: EraseOptions): Promise<number> {
  const { corpus, signal } = options;
  await using knowledge = await openKnowledge(config, { signal, onNote: note });
  const { records, passages } = knowledge;
  const document = records.documents.get(corpus, id, null);
  if (document === null) {
    throw new KakehashiError('document.not_found', `There is no document "${id}" in ${corpus}.`, {
      remedy: 'Ids are named in citations and by `kakehashi search`.',
    });
  }
  await using parser = createParser();
  await requireFileGone(config, document, { parser, signal });
  const probes = await probesOf(document, { corpus, records });
  const startedMs = Date.now();

  const writer = await passages.writer(corpus, { signal });
  let version: number;
  try {
    ({ version } = await writer.erase([id]));
  } finally {
    await writer.release();
  }
  const answers = records.quotes.erase(corpus, id);
  const revisions = records.documents.erase(corpus, id);
  await knowledge.originals.prune(corpus);
  records.compact();
  // Earlier commits that were fetched hold it too; the next run fetches the newest alone.
  await rm(join(mirrorFolder(config, corpus), GIT_FOLDER), { recursive: true, force: true });
  const cached = await forgetAnswers(join(config.data, 'eval'), corpus, id);
  // What versions were told in their gates may quote any document that was found.
  await rm(join(config.data, 'gates'), { recursive: true, force: true });
  const adapters = await adaptersOf(config, corpus, id);
  // The index may hold text compressed, where no search for bytes finds it: no older file may be left.
  const left = [
    ...(await filesWith(config.data, probes)),
    ...(await filesBefore(config.data, join('index', corpus), startedMs)),
  ];

  const report = {
    corpus,
    id,
    version,
    revisions,
    answers,
    cached,
    adapters,
    probes: probes.length,
    left,
  };
  if (options.json) printJson(report);
  else {
    print(
      `Erased ${corpus}/${id}: ${revisions} revisions, ${answers} answers that cited it, ${cached} kept for measuring.`,
    );
    print(`Version ${version} is the only one now; earlier ones cannot be gone back to.`);
    for (const name of adapters) {
      print(`The adapter ${name} learned from it and is out of service until it is trained again.`);
    }
    print(
      left.length === 0
        ? `No file of the earlier index is left, and none of ${probes.length} of its sentences is found under ${config.data}.`
        : `STILL FOUND in ${left.join(', ')}.`,
    );
    print('Backups and copies elsewhere are not reached by this.');
  }
  return left.length === 0 ? EXIT.done : EXIT.failed;
}

/** Its longest sentences that no other document of the corpus holds. */
async function probesOf(
  { text, id }: StoredDocument,
  {
    corpus,
    records,
  }: { corpus: string; records: Awaited<ReturnType<typeof openKnowledge>>['records'] },
): Promise<string[]> {
  const others = records.documents
    .list(corpus)
    .filter((one) => one.id !== id)
    .map((one) => records.documents.get(corpus, one.id, null)?.text ?? '');
  return sentenceSpans(text)
    .map(({ start, end }) => text.slice(start, end))
    .filter((sentence) => sentence.length >= PROBE_CHARACTERS)
    .toSorted((a, b) => b.length - a.length)
    .filter((sentence) => !others.some((other) => other.includes(sentence)))
    .slice(0, PROBES);
}

/** Takes answers out of the caches of measurements whose evidence names the document. */
async function forgetAnswers(folder: string, corpus: string, id: string): Promise<number> {
  let forgotten = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.jsonl')) continue;
    const lines = (await readFile(join(folder, name), 'utf8')).split('\n');
    const named = `"document_id":${JSON.stringify(id)}`;
    const kept = lines.filter(
      (line) => !(line.includes(named) && line.includes(`"corpus":${JSON.stringify(corpus)}`)),
    );
    forgotten += lines.length - kept.length;
    if (kept.length < lines.length) await replaceFile(join(folder, name), kept.join('\n'));
  }
  return forgotten;
}

async function adaptersOf(config: Config, corpus: string, id: string): Promise<string[]> {
  const names = await adapterNames(config.adapters);
  const learned = await Promise.all(
    names.map(async (name) => {
      const passport = await readPassport(config.adapters, name).catch(() => null);
      const isOf = passport?.lineage.some((one) => one.corpus === corpus && one.id === id);
      return isOf === true ? [name] : [];
    }),
  );
  return learned.flat();
}

/** Files of the index that were there before; the lock alone outlives a writer. */
async function filesBefore(data: string, folder: string, startedMs: number): Promise<string[]> {
  const entries = await readdir(join(data, folder), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const old = await Promise.all(
    files.map(async (file) => ((await stat(file)).mtimeMs < startedMs - 1000 ? [file] : [])),
  );
  return old.flat().map((file) => relative(data, file));
}

/** Files below the data folder that hold any of the sentences, as UTF-8 or as it stands in JSON. */
async function filesWith(folder: string, probes: readonly string[]): Promise<string[]> {
  const wanted = probes.flatMap((probe) => [probe, JSON.stringify(probe).slice(1, -1)]);
  const found: string[] = [];
  const search = async (inside: string): Promise<void> => {
    for (const entry of await readdir(inside, { withFileTypes: true })) {
      const path = join(inside, entry.name);
      if (entry.isDirectory()) {
        if (inside !== folder || !WITHOUT_TEXT.has(entry.name)) await search(path);
      } else if (entry.isFile()) {
        const bytes = await readFile(path);
        if (wanted.some((probe) => bytes.includes(probe))) found.push(relative(folder, path));
      }
    }
  };
  await search(folder);
  return found;
}
