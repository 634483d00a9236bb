import { KakehashiError } from '../errors.js';
import type { Block } from './block.js';
import type { Language } from './language.js';

/** What a document says about itself; every field may be missing. */
export type StatedMeta = {
  id?: string;
  title?: string;
  language?: Language;
  /** As stated, not yet checked: an ill-formed tag fails the document instead of being ignored. */
  access?: string[];
  /** YYYY-MM-DD. */
  updated?: string;
  supersededBy?: string;
  url?: string;
};

export type RawDocument = {
  meta: StatedMeta;
  blocks: Block[];
  /** Where in the file, when it holds several documents: `line 12`. */
  place?: string;
};

/** `withdraws`: it states rights that cannot be read, so that earlier, perhaps wider ones must not hold. */
export type ReadFailure = { place: string; reason: string; withdraws?: boolean };

export type ReadResult = {
  documents: RawDocument[];
  /** Parts of the file that could not be read while the rest could. */
  failures: ReadFailure[];
};

/**
 * One file format. `read` gives blocks in reading order, uncleaned (layout cleans them), and
 * throws `ingest.read_failed` or `ingest.too_large` when nothing can be read, with `withdraws` in its
 * detail as of a failure.
 */
export type Reader = {
  name: string;
  /** Lower case, with the dot. */
  extensions: readonly string[];
  /** Read in a process of its own: format or authors are not to be trusted with this one. */
  isolated?: boolean;
  /** Whether the first bytes can only be this format; decides over the extension. */
  sniff?: (head: Uint8Array) => boolean;
  read: (
    bytes: Uint8Array,
    options: { path: string; signal?: AbortSignal },
  ) => ReadResult | Promise<ReadResult>;
};

/** 50 MB: a text file beyond it is an export or a log, not a document that somebody wrote. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** For a file of `bytes` so far, or in all. */
export function fileTooLarge(bytes: number, limit: number = MAX_FILE_BYTES): KakehashiError {
  return new KakehashiError(
    'ingest.too_large',
    `The file is larger than ${limit / 1024 / 1024} MB.`,
    { remedy: 'Split it into documents.', detail: { bytes, limit } },
  );
}

/** `YYYY-MM-DD` out of the ways a date is written (2025-04-01, 2025/4/1, 2025年4月1日), else undefined. */
export function parseDate(value: unknown): string | undefined {
  if (value instanceof Date && !Number.isNaN(value.getTime()))
    return value.toISOString().slice(0, 10);
  if (typeof value !== 'string') return undefined;
  const match = /(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})/u.exec(
    value.normalize('NFKC'),
  );
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const parsed = new Date(`${date}T00:00:00Z`);
  const isReal = !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
  return isReal ? date : undefined;
}
