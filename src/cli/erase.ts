import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { DocumentRef } from '../adapters/data/shapes.js';
import { dataHolding, learnedFrom } from '../adapters/learned-from.js';
import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { createParser } from '../ingest/parser.js';
import { sentenceSpans } from '../ingest/sentences.js';
import { GIT_FOLDER } from '../ingest/sources/open-source.js';
import { replaceFile } from '../models/model-files.js';
import { type Knowledge, openKnowledge } from '../knowledge.js';
import type { StoredDocument } from '../store/passage.js';
import type { Records } from '../store/records.js';
import { mirrorFolder } from './fetch-source.js';
import { filesBefore, filesHolding } from './files-holding.js';
import { requireFileGone } from './require-file-gone.js';
import { EXIT, note, print, printJson } from './terminal.js';

export type EraseOptions = { corpus: string; json: boolean; signal: AbortSignal };

/** Sentences that are looked for afterwards, and the least length of one. */
const PROBES = 12;
const PROBE_CHARACTERS = 16;
/** Folders of the data folder that hold no document text. */
const WITHOUT_TEXT = ['models', 'adapters', join('train', 'venv')];

export type ErasureReport = {
  corpus: string;
  id: string;
  /** The only one now; null where the corpus has no index. */
  version: number | null;
  revisions: number;
  /** Answers that cite it, and those among the ones kept for measuring. */
  answers: number;
  cached: number;
  /** Adapters that learned from it. */
  adapters: string[];
  /** Data files of adapters that hold or name it, below the adapters folder. */
  trainingData: string[];
  /** Sentences that were looked for. */
  probes: number;
  /** Files below the data folder that still hold it, or may. */
  left: string[];
};

/** Erases a document and prints what went and what is left; the exit code says whether anything is. */
export async function erase(config: Config, id: string, options: EraseOptions): Promise<number> {
  const { corpus, json, signal } = options;
  await using knowledge = await openKnowledge(config, { signal, onNote: note });
  const report = await eraseDocument(config, knowledge, { corpus, id }, signal);
  if (json) printJson(report);
  else printReport(config, report);
  return report.left.length + report.trainingData.length === 0 ? EXIT.done : EXIT.failed;
}

/**
 * Removes a document from every version of the index, the stored texts, answers that cite it, the
 * answers kept for measuring and the training runs of adapters that learned from it, which are
 * withdrawn, and looks for its sentences in every file of the data folder. Each step can be taken
 * again: after an error the same call goes on, also when the text is gone already.
 *
 * Errors: `document.not_found` when neither text nor answer, adapter or an earlier erasure tells
 * of it; those of `requireFileGone`; those of the stores.
 */
export async function eraseDocument(
  config: Config,
  { passages, records, originals }: Pick<Knowledge, 'passages' | 'records' | 'originals'>,
  { corpus, id }: DocumentRef,
  signal: AbortSignal,
): Promise<ErasureReport> {
  const document = records.documents.get(corpus, id, null);
  await using parser = createParser();
  // One that states no id has its path for one.
  const place = { corpus, id, source: document?.source ?? id };
  await requireFileGone(config, place, { parser, signal });
  const probes = document === null ? [] : probesOf(document, records);
  const adapters = await learnedFrom(place, {
    adaptersDir: config.adapters,
    servedDir: join(config.data, 'adapters'),
  });
  const trainingData = await dataHolding(place, probes, config.adapters);
  const cached = await forgetAnswers(join(config.data, 'eval'), corpus, id);
  const traces = records.quotes.count(corpus, id) + cached + adapters.length + trainingData.length;
  if (document === null && traces === 0 && !records.documents.wasErased(corpus, id)) {
    throw new KakehashiError('document.not_found', `There is no document "${id}" in ${corpus}.`, {
      remedy: 'Ids are named in citations and by `kakehashi search`.',
    });
  }
  const startedMs = Date.now();

  // An adapter may have learned from a corpus that was never here.
  const isIndexed = document !== null || (await passages.corpora()).includes(corpus);
  const version = isIndexed ? await eraseFromIndex(passages, corpus, id, signal) : null;
  // Earlier commits that were fetched hold it too; the next run fetches the newest alone.
  await rm(join(mirrorFolder(config, corpus), GIT_FOLDER), { recursive: true, force: true });
  // What versions were told in their gates may quote any document that was found.
  await rm(join(config.data, 'gates'), { recursive: true, force: true });
  const trained = [...adapters, ...trainingData.flatMap((file) => file.split(sep, 1))];
  for (const name of new Set(trained)) {
    await rm(join(config.data, 'train', name), { recursive: true, force: true });
  }
  const answers = records.quotes.erase(corpus, id);
  // After all that, as its text tells what to look for when a step has to be taken again.
  const revisions = records.documents.erase(corpus, id);
  await originals.prune(corpus);
  records.compact();

  // The index may hold text compressed, where no search for bytes finds it: no older file may be left.
  const older = await filesBefore(join(config.data, 'index', corpus), startedMs - 1000);
  const left = [
    ...(await filesHolding(config.data, probes, { except: WITHOUT_TEXT, signal })),
    ...older.map((file) => relative(config.data, file)),
  ];
  return {
    corpus,
    id,
    version,
    revisions,
    answers,
    cached,
    adapters,
    trainingData,
    probes: probes.length,
    left,
  };
}

function printReport(config: Config, report: ErasureReport): void {
  const { corpus, id, version, revisions, answers, cached, probes, left } = report;
  print(
    `Erased ${corpus}/${id}: ${revisions} revisions, ${answers} answers that cited it, ${cached} kept for measuring.`,
  );
  if (version !== null) {
    print(`Version ${version} is the only one now; earlier ones cannot be gone back to.`);
  }
  for (const name of report.adapters) {
    print(
      `The adapter ${name} learned from it and is out of service until it is trained anew without it.`,
    );
  }
  for (const file of report.trainingData) {
    print(`STILL IN ${join(config.adapters, file)}: take it out of there.`);
  }
  if (left.length > 0) print(`STILL FOUND in ${left.join(', ')}.`);
  else if (probes > 0) {
    print(
      `No file of the earlier index is left, and none of ${probes} of its sentences is found under ${config.data}.`,
    );
  } else {
    print(
      'No file of the earlier index is left. No sentence could be looked for: its text is not stored any more, or has none of its own.',
    );
  }
  print('Backups and copies elsewhere are not reached by this.');
}

async function eraseFromIndex(
  passages: Knowledge['passages'],
  corpus: string,
  id: string,
  signal: AbortSignal,
): Promise<number> {
  await using writer = await passages.writer(corpus, { signal });
  return (await writer.erase([id])).version;
}

/** Its longest sentences that no other document of the corpus holds. */
function probesOf({ text, id, corpus }: StoredDocument, records: Records): string[] {
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
