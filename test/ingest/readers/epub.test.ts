import { describe, expect, it } from 'vitest';
import { epubReader } from '../../../src/ingest/readers/epub.js';
import { makeZip } from './make-zip.js';
import { readText } from './read-text.js';

const CONTAINER =
  '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>';
const chapter = (title: string, body: string) =>
  `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>${title}</title></head><body>${body}</body></html>`;
const PACKAGE = `<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>設置の手引き</dc:title><dc:language>ja</dc:language><meta property="dcterms:modified">2025-04-01T00:00:00Z</meta></metadata>
<manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="two%20parts.xhtml" media-type="application/xhtml+xml"/><item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>
<item id="p" href="p.png" media-type="image/png"/></manifest>
<spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/><itemref idref="p"/></spine></package>`;
const book = (changes: Record<string, string> = {}) =>
  makeZip({
    mimetype: 'application/epub+zip',
    'META-INF/container.xml': CONTAINER,
    'OPS/book.opf': PACKAGE,
    'OPS/nav.xhtml': chapter('目次', '<nav><a href="one.xhtml">1</a></nav>'),
    'OPS/one.xhtml': chapter('準備', '<p>水平な床に置きます。</p>'),
    'OPS/two parts.xhtml': chapter('二', '<h1>接続</h1><p>ケーブルをつなぎます。</p>'),
    ...changes,
  });

describe('epub', () => {
  it('reads the chapters in the order of the spine, with title, language and day', async () => {
    const { meta, text } = await readText(epubReader, book());
    expect(meta).toEqual({ title: '設置の手引き', language: 'ja', updated: '2025-04-01' });
    expect(text).toBe('# 準備\n\n水平な床に置きます。\n\n# 接続\n\nケーブルをつなぎます。');
  });

  it('refuses an encrypted book, and reads one whose fonts alone are', async () => {
    const encrypted = (algorithm: string) =>
      book({
        'META-INF/encryption.xml': `<encryption><EncryptedData><EncryptionMethod Algorithm="${algorithm}"/></EncryptedData></encryption>`,
      });
    await expect(
      readText(epubReader, encrypted('http://www.w3.org/2001/04/xmlenc#aes256-cbc')),
    ).rejects.toMatchObject({ message: 'The book is encrypted.' });
    const { text } = await readText(epubReader, encrypted('http://www.idpf.org/2008/embedding'));
    expect(text).toContain('水平な床');
  });

  it('refuses what does not name its chapters, declares entities or unpacks without end', async () => {
    await expect(
      readText(epubReader, makeZip({ mimetype: 'application/epub+zip' })),
    ).rejects.toMatchObject({ code: 'ingest.read_failed' });
    const entities = '<!DOCTYPE p [<!ENTITY a "aaaa">]><package/>';
    await expect(readText(epubReader, book({ 'OPS/book.opf': entities }))).rejects.toMatchObject({
      code: 'ingest.read_failed',
    });
    const bomb = book({ 'OPS/one.xhtml': 'a'.repeat(20_000_000) });
    await expect(readText(epubReader, bomb)).rejects.toMatchObject({ code: 'ingest.too_large' });
  });

  it('leaves chapters alone that lie outside the book', async () => {
    const outside = PACKAGE.replace('one.xhtml', '../../../../etc/passwd');
    const { text } = await readText(epubReader, book({ 'OPS/book.opf': outside }));
    expect(text).toBe('# 接続\n\nケーブルをつなぎます。');
  });
});
