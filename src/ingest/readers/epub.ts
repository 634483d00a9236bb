import { posix } from 'node:path';
import { KakehashiError } from '../../errors.js';
import type { Block } from '../block.js';
import { cleanLine } from '../clean.js';
import { parseLanguage } from '../language.js';
import { parseDate, type Reader, type StatedMeta } from '../reader.js';
import { readHtml } from './html.js';
import { elements, parseXml, firstText, type XmlElement } from './xml.js';
import { type Unzipped, unzip } from './zip.js';

/** Obfuscated fonts are the one kind of encryption that leaves the text readable (EPUB 3.3, OCF 4.3). */
const FONT_OBFUSCATION = /idpf\.org\/2008\/embedding|ns\.adobe\.com\/pdf\/enc/u;

/** Electronic books (EPUB 2 and 3): the chapters in the order of the spine. */
export const epubReader: Reader = {
  name: 'epub',
  extensions: ['.epub'],
  isolated: true,
  async read(bytes) {
    const zip = await unzip(bytes);
    await requirePlain(zip);
    const packagePath = await packagePathOf(zip);
    const root = parseXml((await zip.text(packagePath)) ?? '');
    const blocks: Block[] = [];
    for (const path of chaptersOf(root, packagePath)) {
      const source = await zip.text(path);
      if (source !== null) blocks.push(...chapterBlocks(source));
    }
    return { documents: [{ meta: bookMeta(root), blocks }], failures: [] };
  },
};

async function requirePlain(zip: Unzipped): Promise<void> {
  const source = await zip.text('META-INF/encryption.xml');
  if (source === null) return;
  const isReadable = [...elements(parseXml(source), 'EncryptionMethod')].every((method) =>
    FONT_OBFUSCATION.test(method.getAttribute('Algorithm') ?? ''),
  );
  if (isReadable) return;
  throw new KakehashiError('ingest.read_failed', 'The book is encrypted.', {
    remedy: 'Put it there without copy protection.',
  });
}

async function packagePathOf(zip: Unzipped): Promise<string> {
  const source = await zip.text('META-INF/container.xml');
  for (const file of source === null ? [] : elements(parseXml(source), 'rootfile')) {
    const path = file.getAttribute('full-path');
    if (path !== null && zip.names.includes(path)) return path;
  }
  throw new KakehashiError('ingest.read_failed', 'The book does not say where its chapters are.', {
    remedy: 'Save it again from its original.',
  });
}

/** Paths of the chapters inside the book; what the spine leaves out (the contents) is no reading text. */
function chaptersOf(root: XmlElement, packagePath: string): string[] {
  const folder = posix.dirname(packagePath);
  const items = new Map<string, string>();
  for (const item of elements(root, 'item')) {
    const isText = /html/u.test(item.getAttribute('media-type') ?? '');
    const isContents = /\bnav\b/u.test(item.getAttribute('properties') ?? '');
    const href = item.getAttribute('href') ?? '';
    if (isText && !isContents) {
      items.set(item.getAttribute('id') ?? '', posix.join(folder, decodePath(href)));
    }
  }
  return [...elements(root, 'itemref')].flatMap(
    (reference) => items.get(reference.getAttribute('idref') ?? '') ?? [],
  );
}

function decodePath(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}

function chapterBlocks(source: string): Block[] {
  const { meta, blocks } = readHtml(source, { isWhole: true });
  const hasHeading = blocks.some(({ kind }) => kind === 'heading');
  if (hasHeading || meta.title === undefined || blocks.length === 0) return blocks;
  return [{ kind: 'heading', level: 1, text: meta.title }, ...blocks];
}

function bookMeta(root: XmlElement): StatedMeta {
  const stated = (name: string) => cleanLine(firstText(root, name));
  const title = stated('title');
  const language = parseLanguage(stated('language'));
  const modified = [...elements(root, 'meta')].find(
    (meta) => meta.getAttribute('property') === 'dcterms:modified',
  );
  const updated = parseDate(modified?.textContent ?? '') ?? parseDate(stated('date'));
  return {
    ...(title && { title }),
    ...(language && { language }),
    ...(updated && { updated }),
  };
}
