import Encoding from 'encoding-japanese';
import { KakehashiError } from '../errors.js';

/**
 * Text of a file: UTF-8, UTF-16 by its byte order mark or its zero bytes, or what Japanese programs wrote
 * before: Shift_JIS, EUC-JP, ISO-2022-JP. Others are refused by name of the remedy rather than guessed: a wrong guess puts
 * unreadable words into answers.
 *
 * `declared` is an encoding the file itself names (an HTML charset); it is tried when UTF-8 fails.
 */
export function decodeText(bytes: Uint8Array, declared?: string): string {
  const encoding = utf16Of(bytes) ?? 'utf-8';
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

const HEAD_BYTES = 4096;

/** UTF-16 by its mark; else where Latin letters and line ends leave every second byte zero. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes.length % 2 !== 0) return null;
  const head = bytes.subarray(0, HEAD_BYTES);
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (even > 0 === odd > 0) return null;
  const encoding = odd > 0 ? 'utf-16le' : 'utf-16be';
  const text = tryDecode(head, encoding) ?? '';
  const written = text.match(WRITTEN)?.length ?? 0;
  return written > 0.98 * text.length ? encoding : null;
}

/** What a text in Japanese or a Latin script consists of. */
const WRITTEN =
  /[\t\n\r\x20-\x7e\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u2010-\u2026\u2460-\u2473\u25a0-\u25cf\u3000-\u30ff\uff00-\uff9f]/gu;

const JAPANESE: Partial<Record<string, string>> = {
  SJIS: 'shift_jis',
  EUCJP: 'euc-jp',
  JIS: 'iso-2022-jp',
};

/**
 * Null unless the bytes are valid in the encoding found and read as Japanese: an apostrophe or an é of
 * Windows-1252 makes a rare kanji of itself and the letter behind it, "The employee痴 manager".
 */
function tryJapanese(bytes: Uint8Array): string | null {
  const encoding = JAPANESE[Encoding.detect(bytes) || ''];
  const text = encoding === undefined ? null : tryDecode(bytes, encoding);
  return text !== null && isJapanese(text) ? text : null;
}

const MIN_KANA = 2;
const MIN_JAPANESE_SHARE = 0.1;

function isJapanese(text: string): boolean {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  if (count(/[\u3041-\u3096\u30a1-\u30fa]/gu) >= MIN_KANA) return true;
  const japanese = count(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/gu);
  return japanese > 0 && japanese >= MIN_JAPANESE_SHARE * count(/\p{L}/gu);
}

function tryDecode(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}
