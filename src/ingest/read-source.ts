import { readFile } from 'node:fs/promises';
import { isKakehashiError, isSystemError, KakehashiError, throwIfAborted } from '../errors.js';
import type { Parser } from './parser.js';
import type { SourceFile } from './list-files.js';
import { fileTooLarge, MAX_FILE_BYTES, type Reader, type ReadResult } from './reader.js';
import { chooseReader } from './readers/choose.js';

/**
 * Reads one file with the reader that fits it. Whatever goes wrong inside a reader is the file's
 * failure, not the run's.
 *
 * Errors: `ingest.too_large`, `ingest.read_failed`, `cancelled`.
 */
export async function readSource(
  source: SourceFile,
  options: {
    readers?: readonly Reader[];
    /** Reads what is to be read apart; left out: everything is read here. */
    parser?: Pick<Parser, 'parse'> | undefined;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<ReadResult> {
  if (source.bytes > MAX_FILE_BYTES) throw fileTooLarge(source.bytes);
  const bytes = await readFile(source.file).catch((error: unknown) => {
    throw new KakehashiError('ingest.read_failed', 'The file cannot be opened.', {
      remedy: isSystemError(error, 'EACCES')
        ? 'Let the indexing user read it.'
        : 'Look at its disk.',
      cause: error,
    });
  });
  // It may have grown since it was listed.
  if (bytes.length > MAX_FILE_BYTES) throw fileTooLarge(bytes.length);
  const reader = chooseReader(source.path, bytes, options.readers);
  if (reader === null) {
    throw new KakehashiError('ingest.read_failed', 'No reader knows this kind of file.', {
      remedy:
        'Save it as one of the formats that are read, or take it out of the documents folder.',
    });
  }
  try {
    if (reader.isolated === true && options.parser !== undefined) {
      const request = { file: source.file, path: source.path, reader: reader.name };
      return await options.parser.parse(request, { signal: options.signal });
    }
    return await reader.read(bytes, {
      path: source.path,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (error) {
    throwIfAborted(options.signal);
    if (isKakehashiError(error)) throw error;
    throw new KakehashiError(
      'ingest.read_failed',
      `The ${reader.name} reader failed on this file.`,
      {
        remedy: 'Save it again from its original, or as text.',
        cause: error,
      },
    );
  }
}
