import Encoding from 'encoding-japanese';
import { KakehashiError } from '../errors.js';

/**
 * Text of a file: UTF-8, UTF-16 by its byte order mark, or what Japanese programs wrote before: Shift_JIS,
 * EUC-JP, ISO-2022-JP. Others are refused by name of the remedy rather than guessed: a wrong guess puts
 * unreadable words into answers.
 *
 * `declared` is an encoding the file itself names (an HTML charset); it is tried when UTF-8 fails.
 */
export function decodeText(bytes: Uint8Array, declared?: string): string {
  const isUtf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const encoding = isUtf16 ? (bytes[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8';
  const plain = tryDecode(bytes, encoding);
  // ISO-2022-JP is all ASCII: its escape sequences tell it, not a failure.
  const text =
    plain !== null && !plain.includes('\u001b$')
      ? plain
      : ((declared === undefined ? null : tryDecode(bytes, declared)) ??
        tryJapanese(bytes) ??
        plain);
  if (text === null) {
    throw new KakehashiError(
      'ingest.read_failed',
      `The file is not valid ${encoding.toUpperCase()} text.`,
      {
        remedy: 'Save it as UTF-8 and index again.',
        detail: { encoding },
      },
    );
  }
  // A null byte in a text file means a binary one; a few in a long text are slips and are dropped later.
  const head = text.slice(0, 4096);
  const nulls = head.length - head.replaceAll('\0', '').length;
  if (nulls > head.length / 20) {
    throw new KakehashiError('ingest.read_failed', 'The file holds binary data, not text.', {
      remedy: 'Give it the extension of its real format, or take it out of the documents folder.',
    });
  }
  return text;
}

const JAPANESE: Partial<Record<string, string>> = {
  SJIS: 'shift_jis',
  EUCJP: 'euc-jp',
  JIS: 'iso-2022-jp',
};

/** Null unless the bytes are valid in the encoding found and hold Japanese letters. */
function tryJapanese(bytes: Uint8Array): string | null {
  const encoding = JAPANESE[Encoding.detect(bytes) || ''];
  const text = encoding === undefined ? null : tryDecode(bytes, encoding);
  return text !== null && /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text)
    ? text
    : null;
}

function tryDecode(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}
