import type { Embedder } from '../engine/engine.js';
import { KakehashiError, throwIfAborted } from '../errors.js';
import type { StoredDocument } from '../store/passage.js';
import { chunkDocument } from './chunk.js';
import type { Corpus } from './corpus.js';
import type { DocumentTexts, IndexWriter, KeepsOriginals, KnownFiles } from './index-port.js';
import type { IndexProgress, IndexReport } from './index-report.js';
import { createLedger, type KnownDocument, type Unread, type Verdicts } from './ledger.js';
import { listFiles } from './list-files.js';
import { createParser } from './parser.js';
import { nearDuplicates, type Sketch } from './near-duplicates.js';
import { type EmbeddedBatch, type PendingDocument, writeDocuments } from './pending.js';
import { passagesOf, type PreparedDocument } from './prepare.js';
import { createFileTaker } from './take-file.js';
import { mediaTypeOf } from '../media-types.js';
import { PERSONAL_KINDS } from '../personal-data.js';
import { createProgressMeter } from './progress.js';
import type { Reader } from './reader.js';
import { type PassageCounts, type RunLimits, runFaults } from './run-gates.js';

export type IndexRunOptions = {
  corpus: Corpus;
  writer: IndexWriter;
  texts: DocumentTexts;
  /** Left out: every file is read. */
  files?: KnownFiles;
  /** Keeps the files of formats that people want to see as they are. */
  originals?: KeepsOriginals;
  embedder: Pick<Embedder, 'ready' | 'embed' | 'countTokens'>;
  /** Search tokens of a text, the same function that questions go through. */
  tokenise: (text: string) => readonly string[];
  /** Defaults to all formats. */
  readers?: readonly Reader[];
  onProgress?: (progress: IndexProgress) => void;
  /** Called once all is read, also when it is not published then. */
  onRead?: (verdicts: Verdicts) => void;
  signal?: AbortSignal | undefined;
  /** Cut and embed everything anew. Defaults to false. */
  full?: boolean;
  /** Looks at what would be published, and throws `gate.refused` to keep the version in use. */
  check?: Parameters<IndexWriter['publish']>[0];
  /** What could not be fetched for this run; its documents stay as they are. */
  unread?: readonly { path: string; reason: string }[];
  /** Shares of documents that may vanish, fail or shrink; left out: any. */
  limits?: RunLimits | undefined;
  /** Read and compare only. Defaults to false. */
  dryRun?: boolean;
  /** Milliseconds, monotonic. */
  clock?: () => number;
};

/** Passages written at once: a commit costs about the same for one row and for a thousand. */
const FLUSH_PASSAGES = 512;

/**
 * Brings the index of a corpus to the state of its folder. An unchanged file costs a look at its bytes,
 * a changed one the embedding of its changed passages. Nothing is visible until all is written; a
 * document that cannot be read stops nothing and keeps its last good version.
 *
 * Errors: `cancelled`; `gate.refused`; `ingest.read_failed` when the folder is empty but the index is not (a share
 * that is not mounted looks the same); whatever embedder and store throw. After an error readers
 * still have the version before, and the next run goes on from what was written.
 */
export async function runIndex(options: IndexRunOptions): Promise<IndexReport> {
  const { corpus, writer, texts, signal, full = false, dryRun = false } = options;
  const clock = options.clock ?? (() => performance.now());
  const started = clock();
  const timingsMs = { read: 0, chunk: 0, embed: 0, write: 0, publish: 0, total: 0 };
  const personal = { individual_number: 0, card: 0, phone: 0, email: 0, address: 0 };
  const counts = { passages: 0, embeddedPassages: 0, reusedPassages: 0 };

  const known = await knownDocuments(options);
  await using parser = createParser();
  const listing = await listFiles(corpus.documentsDir);
  if (listing.files.length === 0 && known.size > 0) throw emptyFolder(known.size);
  if (!dryRun) options.files?.keep(corpus.name, new Set(listing.files.map(({ path }) => path)));
  const ledger = createLedger(known, { full });
  for (const { path, reason } of [...listing.skipped, ...(options.unread ?? [])]) {
    ledger.fail(path, reason);
  }
  const files = options.files ?? null;
  const take = createFileTaker({
    ...options,
    files,
    known,
    full,
    dryRun,
    parser,
    fail: ledger.fail,
  });
  const meter = createProgressMeter(listing.files, { clock, onProgress: options.onProgress });

  const sketches = new Map<string, Sketch>();
  const next = new Map([...known].map(([id, { passages }]) => [id, passages]));
  let pending: PendingDocument[] = [];
  let waiting = 0;
  const flush = async (): Promise<void> => {
    if (pending.length === 0) return;
    const needs = {
      ...options,
      clock,
      full,
      onEmbedded: (batch: EmbeddedBatch) => meter.embedded(batch),
    };
    const written = await writeDocuments(pending, needs);
    counts.embeddedPassages += written.embedded;
    counts.reusedPassages += written.reused;
    timingsMs.embed += written.embedMs;
    timingsMs.write += written.writeMs;
    pending = [];
    waiting = 0;
  };

  for (const file of listing.files) {
    throwIfAborted(signal);
    const readStart = clock();
    const { came, prepared, isTouched } = await take(file);
    timingsMs.read += clock() - readStart;
    for (const kind of PERSONAL_KINDS) personal[kind] += came.personal[kind] ?? 0;
    for (const { id, sketch } of came.documents) {
      if (prepared === null) ledger.settle(id, file.path);
      sketches.set(id, sketch);
    }
    const moved: StoredDocument[] = [];
    for (const each of prepared ?? []) {
      const verdict = ledger.take(each.document, { isTouched });
      if (verdict === 'save-text') moved.push(each.document);
      if (verdict !== 'write' || dryRun) {
        meter.document(0);
        continue;
      }
      if (mayKeep(each, file.path, corpus)) {
        await options.originals?.keep(each.document, file.file);
      }
      const chunkStart = clock();
      const passages = await cut(each, options);
      timingsMs.chunk += clock() - chunkStart;
      pending.push({ document: each.document, passages });
      counts.passages += passages.length;
      next.set(each.document.id, passages.length);
      waiting += passages.length;
      meter.document(passages.length);
      if (waiting >= FLUSH_PASSAGES) await flush();
    }
    if (moved.length > 0 && !dryRun) await texts.save(moved);
    meter.file(file);
  }
  await flush();
  const { unread, ...verdicts } = ledger.close();
  options.onRead?.(verdicts);
  const alike = nearDuplicates(sketches, new Set([...verdicts.added, ...verdicts.changed]));
  throwIfAborted(signal);

  let version: number | null = null;
  if (!dryRun) {
    meter.phase('publish');
    for (const id of verdicts.removed) next.delete(id);
    if (options.limits !== undefined) {
      const live = await livePassages(writer);
      requireSound(known.size, { ...verdicts, unread }, { live, next }, options.limits);
    }
    const publishStart = clock();
    if (verdicts.removed.length > 0) {
      await writer.apply({ upsert: [], deleteDocuments: verdicts.removed });
    }
    // Also without changes of its own: a run that was cut off may have left some to publish.
    version = (await writer.publish(options.check)).version;
    timingsMs.publish = clock() - publishStart;
  }
  timingsMs.total = clock() - started;
  meter.phase('done');
  return {
    corpus: corpus.name,
    ...verdicts,
    alike,
    personal,
    ...counts,
    version,
    dryRun,
    timingsMs,
  };
}

async function knownDocuments({
  corpus,
  writer,
  texts,
}: IndexRunOptions): Promise<Map<string, KnownDocument>> {
  const [indexed, sources] = await Promise.all([writer.documents(), texts.sources(corpus.name)]);
  return new Map(
    [...indexed].map(([id, { revision, passages, upToDate }]) => [
      id,
      { revision, passages, upToDate, source: sources.get(id) ?? null },
    ]),
  );
}

/**
 * Of what readers see, not of what the run began from: a run that was refused has written what it read,
 * and the next one finds it unchanged.
 */
async function livePassages(writer: IndexWriter): Promise<PassageCounts> {
  const live = await writer.live();
  return new Map([...live].map(([id, { passages }]) => [id, passages]));
}

async function cut(
  prepared: PreparedDocument,
  { embedder, signal }: IndexRunOptions,
): Promise<PendingDocument['passages']> {
  const { document, blocks } = prepared;
  const { maxTokens: limitTokens } = await embedder.ready({ signal });
  const chunks = await chunkDocument(
    { title: document.title, text: document.text, blocks },
    { countTokens: (texts, scope) => embedder.countTokens(texts, scope), limitTokens, signal },
  );
  return passagesOf(prepared, chunks).map((passage, index) => ({
    passage,
    tokens: chunks[index]?.tokens ?? 0,
  }));
}

/** The file of a text in which something was covered would show it. */
function mayKeep(
  { personal }: PreparedDocument,
  path: string,
  { keepsOriginals, personalData: { actions } }: Corpus,
): boolean {
  const isCovered = PERSONAL_KINDS.some((kind) => personal[kind] > 0 && actions[kind] === 'redact');
  return keepsOriginals && mediaTypeOf(path) !== null && !isCovered;
}

function requireSound(
  known: number,
  verdicts: Pick<Verdicts, 'removed'> & Unread,
  passages: { live: PassageCounts; next: PassageCounts },
  limits: RunLimits,
): void {
  const faults = runFaults(known, verdicts, passages, limits);
  if (faults.length === 0) return;
  throw new KakehashiError(
    'gate.refused',
    `The new index was not published: ${faults.join('; ')}.`,
    {
      remedy: 'The index in use is unchanged. Check the folder, or publish with --accept.',
    },
  );
}

function emptyFolder(indexedDocuments: number): KakehashiError {
  return new KakehashiError(
    'ingest.read_failed',
    'The documents folder is empty, but the index is not.',
    {
      remedy: 'Check that the folder is mounted; to take documents out of the index, erase them.',
      detail: { indexedDocuments },
    },
  );
}
