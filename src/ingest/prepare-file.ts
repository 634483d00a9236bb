import { isKakehashiError, type KakehashiError } from '../errors.js';
import type { Corpus } from './corpus.js';
import type { Failure } from './ledger.js';
import type { SourceFile } from './list-files.js';
import type { Parser } from './parser.js';
import { type PreparedDocument, prepareDocument } from './prepare.js';
import { readSource } from './read-source.js';
import type { RawDocument, Reader, StatedMeta } from './reader.js';
import { readSidecar } from './sidecar.js';

export type PrepareFileNeeds = {
  corpus: Pick<Corpus, 'name' | 'settingsFor' | 'personalData' | 'source'>;
  readers?: readonly Reader[] | undefined;
  parser?: Pick<Parser, 'parse'> | undefined;
  signal?: AbortSignal | undefined;
  fail: (path: string, reason: string, failure?: Failure) => void;
};

/**
 * The documents of one file that can be indexed; the others go to `fail`. What a sidecar states counts
 * before what the file states.
 */
export async function prepareFile(
  file: SourceFile,
  needs: PrepareFileNeeds,
): Promise<PreparedDocument[]> {
  const { corpus, readers, parser, signal, fail } = needs;
  try {
    // First: what it may say of rights counts also where the file cannot be read.
    const stated = await readSidecar(file);
    const { documents, failures } = await readSource(file, {
      ...(readers && { readers }),
      parser,
      signal,
    });
    for (const { reason, ...failure } of failures) fail(file.path, reason, failure);
    return documents.flatMap((raw) => prepareOne(raw, stated, file, { corpus, fail }));
  } catch (error) {
    fail(file.path, reasonOf(error), { withdraws: withdraws(error) });
    return [];
  }
}

function prepareOne(
  raw: RawDocument,
  stated: StatedMeta | null,
  file: SourceFile,
  { corpus, fail }: Pick<PrepareFileNeeds, 'corpus' | 'fail'>,
): PreparedDocument[] {
  const complete = { ...raw, meta: { ...ownMeta(raw, corpus), ...stated } };
  try {
    return [prepareDocument(complete, { source: file.path, corpus })];
  } catch (error) {
    fail(file.path, reasonOf(error), { place: raw.place, withdraws: withdraws(error) });
    return [];
  }
}

/** What a document says of itself; a page of the web has no say in who may read it, or in its id. */
function ownMeta({ meta }: RawDocument, { source }: PrepareFileNeeds['corpus']): StatedMeta {
  if (source?.kind !== 'web') return meta;
  const { id: _id, access: _access, ...others } = meta;
  return others;
}

/** Whether the rights of the document may be others now: the earlier, perhaps wider ones must not hold. */
function withdraws(error: unknown): boolean {
  return isKakehashiError(error) && error.detail['withdraws'] === true;
}

/** The reason to report for an error of the document; any other error is thrown on. */
function reasonOf(error: unknown): string {
  if (!isKakehashiError(error) || !error.code.startsWith('ingest.')) throw error;
  const { message, remedy }: KakehashiError = error;
  return remedy === undefined ? message : `${message} ${remedy}`;
}
