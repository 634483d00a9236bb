import { isKakehashiError, KakehashiError } from '../errors.js';

/**
 * LanceDB gives all its errors one code and puts file paths into the text: the text decides the
 * kind here and goes no further than `cause`.
 */
export function asStoreError(error: unknown): KakehashiError {
  if (isKakehashiError(error)) return error;
  const text = error instanceof Error ? error.message : '';
  if (/query timeout/iu.test(text)) {
    return new KakehashiError('deadline.exceeded', 'A search took too long and was stopped.', {
      remedy: 'Try again when fewer people search.',
      cause: error,
    });
  }
  if (/no space left|os error 28/iu.test(text)) {
    return new KakehashiError('disk.full', 'The disk is full.', {
      remedy: 'Free space on the disk of the data folder; the published index is unharmed.',
      cause: error,
    });
  }
  if (/not found|no such file/iu.test(text)) {
    return new KakehashiError('store.version_missing', 'Files of an index version are missing.', {
      remedy: 'Roll back to another version with `kakehashi versions`, or index again.',
      cause: error,
    });
  }
  return new KakehashiError('internal', 'The passage index could not be read or written.', {
    remedy: 'Index the corpus again with --full if it stays so.',
    cause: error,
  });
}

/** Awaits `work`, with every LanceDB error made one of ours. */
export async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error);
  }
}
