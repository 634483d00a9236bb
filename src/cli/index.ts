import type { Config } from '../config.js';
import { isKakehashiError, KakehashiError, withFullDisk } from '../errors.js';
import { goldIn } from '../eval/gold.js';
import { GATE_DEPTH, requireGoldFound } from '../eval/index-gate.js';
import { type Corpus, loadCorpus } from '../ingest/corpus.js';
import type { IndexReport } from '../ingest/index-report.js';
import { runIndex } from '../ingest/index-run.js';
import type { Verdicts } from '../ingest/ledger.js';
import { listCorpora } from '../ingest/list-corpora.js';
import { failureLines, renderIndexReport } from '../ingest/report.js';
import { type Knowledge, LOCAL_MAINTAINER, openKnowledge, searchIn } from '../knowledge.js';
import type { PassageReader } from '../store/reader.js';
import { tokens } from '../retrieval/tokens.js';
import { fetchSource } from './fetch-source.js';
import { createBar, EXIT, note, print, printJson } from './terminal.js';

/** Documents that are named when a run fails; `kakehashi runs` names more. */
const NAMED = 10;

export type IndexOptions = {
  corpora: readonly string[];
  from: string | undefined;
  full: boolean;
  dryRun: boolean;
  /** Publish whatever the gates say. */
  accept: boolean;
  json: boolean;
  signal: AbortSignal;
};

/**
 * Brings the index up to date with the folders and prints what changed. The exit code is that of the worst
 * corpus: refused, then failed.
 */
export async function indexCorpora(config: Config, options: IndexOptions): Promise<number> {
  const corpora = await chosenCorpora(config, options);
  await using knowledge = await openKnowledge(config, { signal: options.signal, onNote: note });
  const reports: IndexReport[] = [];
  const errors: { corpus: string; error: KakehashiError }[] = [];
  await indexEach(config, knowledge, corpora, {
    ...options,
    onEnd: (corpus, result) => {
      if (result instanceof KakehashiError) errors.push({ corpus, error: result });
      else reports.push(result);
    },
  });
  const [only] = errors;
  // One corpus alone fails as any other command does.
  if (corpora.length === 1 && only !== undefined) throw only.error;
  if (options.json) {
    const described = errors.map(({ corpus, error: { code, message, remedy } }) => ({
      corpus,
      code,
      message,
      remedy: remedy ?? null,
    }));
    printJson({ reports, errors: described });
  } else {
    for (const report of reports) print(renderIndexReport(report));
    for (const { corpus, error } of errors) noteFailure(corpus, error);
  }
  if (errors.some(({ error }) => error.code === 'gate.refused')) return EXIT.gateRefused;
  const isWhole = errors.length === 0 && reports.every(({ failed }) => failed.length === 0);
  return isWhole ? EXIT.done : EXIT.failed;
}

/**
 * Runs the index of each corpus, one after the other and each on its own, so that one that is refused
 * keeps no other from its new version. `onEnd` is told of each. Throws what is no `KakehashiError`, and
 * when `signal` fires.
 */
export async function indexEach(
  config: Config,
  knowledge: Knowledge,
  corpora: readonly Corpus[],
  { onEnd, ...options }: RunOptions & { onEnd: OnEnd },
): Promise<void> {
  for (const corpus of corpora) {
    const result = await indexOne(config, knowledge, corpus, options).catch((error: unknown) => {
      if (!isKakehashiError(error) || options.signal.aborted) throw error;
      return error;
    });
    await onEnd(corpus.name, result);
  }
}

export function noteFailure(corpus: string, { message, remedy }: KakehashiError): void {
  note(`${corpus}: ${message} ${remedy ?? ''}`);
}

export type OnEnd = (corpus: string, result: IndexReport | KakehashiError) => unknown;

/** A run as by night: what is new, behind all gates. */
export const NIGHTLY = { full: false, dryRun: false, accept: false, json: false } as const;

type RunOptions = Pick<IndexOptions, 'full' | 'dryRun' | 'accept' | 'json' | 'signal'>;

async function indexOne(
  config: Config,
  knowledge: Knowledge,
  corpus: Corpus,
  { full, dryRun, accept, json, signal }: RunOptions,
): Promise<IndexReport> {
  const { passages, records, originals, embedder } = knowledge;
  await using writer = await passages.writer(corpus.name, { signal });
  const run = records.runs.start(corpus.name);
  const bar = createBar(`index ${corpus.name}`, json);
  const read: { verdicts?: Verdicts } = {};
  try {
    const { documentsDir, unread } = await fetchSource(config, corpus, { json, signal });
    const report = await runIndex({
      corpus: { ...corpus, documentsDir },
      unread,
      writer,
      texts: records.documents,
      files: records.files,
      originals,
      embedder,
      tokenise: tokens,
      full,
      dryRun,
      signal,
      ...(accept
        ? {}
        : {
            limits: {
              removedShare: config.index_removed,
              failedShare: config.index_failed,
              shrunkShare: config.index_shrunk,
            },
            check: (candidate) => checkGold(config, knowledge, { candidate, corpus }, signal),
          }),
      onRead: (verdicts) => {
        read.verdicts = verdicts;
      },
      onProgress: ({ filesDone, files, passages: written, tokensPerSecond }) =>
        bar.update(
          filesDone,
          files,
          `${written} passages${tokensPerSecond > 0 ? `, ${Math.round(tokensPerSecond)} tokens/s` : ''}`,
        ),
    }).finally(() => bar.stop());
    if (!dryRun && hasChanged(report)) await forgetUnused(knowledge, corpus.name);
    records.runs.finish(run, {
      status: 'done',
      counts: {
        ...countsOf(report),
        embeddedPassages: report.embeddedPassages,
        rows: (await passages.reader(corpus.name).published())?.rows ?? 0,
        embedMs: report.timingsMs.embed,
        totalMs: report.timingsMs.total,
      },
      failures: report.failed,
    });
    return report;
  } catch (thrown) {
    const error = withFullDisk(thrown);
    const reason = error instanceof KakehashiError ? `${error.code}: ${error.message}` : 'internal';
    const { verdicts } = read;
    records.runs.finish(run, {
      status: 'failed',
      reason,
      ...(verdicts && { counts: countsOf(verdicts), failures: verdicts.failed }),
    });
    noteFailures(corpus.name, verdicts?.failed ?? []);
    throw error;
  }
}

function countsOf({ added, changed, removed, unchanged, failed }: Verdicts) {
  return {
    added: added.length,
    changed: changed.length,
    removed: removed.length,
    unchanged,
    failed: failed.length,
  };
}

/** The first of what could not be read; a refusal only counts it. */
function noteFailures(corpus: string, failed: Verdicts['failed']): void {
  for (const line of failureLines(failed.slice(0, NAMED))) note(line);
  const more = failed.length - NAMED;
  if (more > 0) note(`… and ${more} more: kakehashi runs ${corpus}`);
}

function hasChanged({ added, changed, removed }: IndexReport): boolean {
  return added.length + changed.length + removed.length > 0;
}

/** Texts and files of revisions that no kept version shows. */
async function forgetUnused({ passages, records, originals }: Knowledge, corpus: string) {
  records.documents.prune(corpus, await passages.revisionsInUse(corpus));
  await originals.prune(corpus);
}

/** Gold questions must find their documents in the new version as in the one in use. */
async function checkGold(
  config: Config,
  { passages, embedder }: Knowledge,
  { candidate, corpus }: { candidate: PassageReader; corpus: Corpus },
  signal: AbortSignal,
): Promise<void> {
  const live = passages.reader(corpus.name);
  if ((await live.published()) === null) return;
  const gold = await goldIn(corpus.dir);
  const finder = (reader: PassageReader) => {
    const search = searchIn(embedder, () => [reader]);
    const request = { corpora: null, language: null, principal: LOCAL_MAINTAINER };
    return async (query: string) =>
      (await search({ ...request, query, limit: GATE_DEPTH }, { signal })).hits.map(
        ({ documentId }) => documentId,
      );
  };
  await requireGoldFound(
    gold,
    { live: finder(live), candidate: finder(candidate) },
    config.index_margin,
  );
}

async function chosenCorpora(config: Config, options: IndexOptions): Promise<Corpus[]> {
  if (options.from !== undefined) {
    const [name, second] = options.corpora;
    if (second !== undefined) {
      throw new KakehashiError('request.invalid', '--from is the folder of a single corpus.');
    }
    return [await loadCorpus(options.from, name === undefined ? {} : { name })];
  }
  const all = await listCorpora(config.corpora);
  const unknown = options.corpora.find((name) => !all.some((corpus) => corpus.name === name));
  if (unknown !== undefined || all.length === 0) {
    throw new KakehashiError(
      'corpus.not_found',
      unknown === undefined ? 'There is no corpus folder.' : `There is no corpus "${unknown}".`,
      {
        remedy: `Corpora: ${all.map(({ name }) => name).join(', ') || 'none; create corpora/NAME/documents'}.`,
      },
    );
  }
  return options.corpora.length === 0
    ? all
    : all.filter(({ name }) => options.corpora.includes(name));
}
