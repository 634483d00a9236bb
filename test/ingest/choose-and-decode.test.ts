import { describe, expect, test } from 'vitest';
import { decodeText } from '../../src/ingest/decode.js';
import { detectLanguage, parseLanguage } from '../../src/ingest/language.js';
import { parseDate } from '../../src/ingest/reader.js';
import { chooseReader } from '../../src/ingest/readers/choose.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('decodeText', () => {
  test('reads UTF-8 with and without mark, and UTF-16 by its mark', () => {
    expect(decodeText(bytes('\ufeff規程'))).toBe('規程');
    expect(decodeText(Buffer.from('\ufeff規程', 'utf16le'))).toBe('規程');
    expect(decodeText(Buffer.from('\ufeff規程', 'utf16le').swap16())).toBe('規程');
  });

  test('tells UTF-16 without a mark by its zero bytes, and from binary data', () => {
    const text = '規程 第1条\r\n有休は12日です。\r\n';
    const marked = Buffer.from(text, 'utf16le');
    expect(decodeText(marked)).toBe(text);
    expect(decodeText(Buffer.from(marked).swap16())).toBe(text);
    expect(decodeText(Buffer.from('Plain text.', 'utf16le'))).toBe('Plain text.');
    const numbers = Buffer.from(
      Uint16Array.from({ length: 400 }, (_, at) => (at * 37) % 256).buffer,
    );
    expect(() => decodeText(numbers)).toThrow(/binary|valid/u);
  });

  test('reads what Japanese programs wrote before UTF-8', () => {
    expect(decodeText(Uint8Array.from([0x8b, 0x4b, 0x92, 0xf6]))).toBe('規程');
    const eucJp = [0xb5, 0xac, 0xc4, 0xf8, 0xa4, 0xce, 0xb0, 0xec, 0xcd, 0xf7];
    expect(decodeText(Uint8Array.from(eucJp))).toBe('規程の一覧');
    const jis = [0x1b, 0x24, 0x42, 0x35, 0x2c, 0x44, 0x78, 0x1b, 0x28, 0x42];
    expect(decodeText(Uint8Array.from(jis))).toBe('規程');
  });

  test('refuses other encodings and binary data with a remedy', () => {
    const latin1 = Uint8Array.from([0x63, 0x61, 0x66, 0xe9, 0x20, 0x6e, 0x6f, 0x69, 0x72]);
    expect(() => decodeText(latin1)).toThrow(
      expect.objectContaining({
        code: 'ingest.read_failed',
        remedy: expect.stringContaining('UTF-8'),
      }),
    );
    expect(decodeText(latin1, 'latin1')).toBe('café noir');
    const quote = Buffer.from('The employee\u0092s manager signs the form.', 'latin1');
    expect(() => decodeText(quote)).toThrow(/valid/u);
    // 規程, and only that, in a table of part numbers.
    const few = Buffer.from([...Buffer.from('A-07 '), 0x8b, 0x4b, 0x92, 0xf6, 0x20, 0x41]);
    expect(decodeText(few)).toBe('A-07 規程 A');
    const kana = Buffer.from([...Buffer.from('Outlook calendar '), 0x82, 0xcc, 0x82, 0xdd]);
    expect(decodeText(kana)).toBe('Outlook calendar のみ');
    expect(() => decodeText(new Uint8Array(100))).toThrow(/binary/u);
  });
});

test('chooses by extension, and by content for what is called a text', () => {
  expect(chooseReader('a/b.MD', bytes('# x'))?.name).toBe('markdown');
  expect(chooseReader('page.txt', bytes('\n<!DOCTYPE html><p>'))?.name).toBe('html');
  expect(chooseReader('page', bytes('<html lang=ja>'))?.name).toBe('html');
  expect(chooseReader('a.md', bytes('<html>'))?.name).toBe('markdown');
  expect(chooseReader('a.exe', bytes('MZ'))).toBeNull();
  expect(chooseReader('a.docx', bytes('%PDF-1.7'))?.name).toBe('pdf');
  expect(chooseReader('a.html', bytes('%PDF-1.7'))?.name).toBe('pdf');
  expect(chooseReader('about-pdf.md', bytes('# %PDF-1.7'))?.name).toBe('markdown');
});

test('detects the language by its letters', () => {
  expect(detectLanguage('有給休暇は Outlook の calendar で申請します')).toBe('ja');
  expect(
    detectLanguage('Fill in the form 様式A-07 and hand it to your manager before Friday noon'),
  ).toBe('en');
  expect(detectLanguage('12345')).toBe('en');
  expect([parseLanguage('ja-JP'), parseLanguage('English'), parseLanguage('fr')]).toEqual([
    'ja',
    'en',
    null,
  ]);
});

test('reads dates as they are written and refuses those that do not exist', () => {
  expect(['2025-4-1', '２０２５年４月１日', '2025/04/01 10:00', '2025.4.1'].map(parseDate)).toEqual(
    Array(4).fill('2025-04-01'),
  );
  expect([parseDate('2025-02-30'), parseDate('soon'), parseDate(5)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
