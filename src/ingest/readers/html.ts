import { Readability } from '@mozilla/readability';
import type { Block } from '../block.js';
import { cleanLine } from '../clean.js';
import { decodeText } from '../decode.js';
import type { Reader, StatedMeta } from '../reader.js';
import { statedMeta } from './front-matter.js';
import { htmlBlocks, removeHidden } from './html-blocks.js';
import { type DomDocument, type DomElement, parseDocument } from './html-dom.js';

export const htmlReader: Reader = {
  name: 'html',
  extensions: ['.html', '.htm', '.xhtml'],
  // Strangers write it, and the time of its parsers grows faster than a page does.
  isolated: true,
  sniff: (head) => /^\s*(?:<!doctype html|<html[\s>])/iu.test(new TextDecoder().decode(head)),
  read: (bytes) => {
    const source = decodeText(bytes, declaredCharset(bytes));
    return { documents: [readHtml(source)], failures: [] };
  },
};

/**
 * One page: what it states in `<meta>`, and the blocks of its main content. A page that `isWhole` is all
 * content, such as a chapter or a mail: no site is around it.
 */
export function readHtml(
  source: string,
  { isWhole = false }: { isWhole?: boolean } = {},
): { meta: StatedMeta; blocks: Block[] } {
  const document = parseDocument(source);
  const meta = pageMeta(document);
  const { body } = document;
  const blocks = isWhole && body !== null ? htmlBlocks(body, source) : mainBlocks(document, source);
  return { meta, blocks };
}

function pageMeta(document: DomDocument): StatedMeta {
  const values: Record<string, unknown> = {};
  for (const tag of document.querySelectorAll('meta[name]')) {
    const name = (tag.getAttribute('name') ?? '').toLowerCase();
    const content = tag.getAttribute('content');
    if (content !== null && !(name in values)) values[name] = content;
  }
  values['lang'] ??= document.documentElement?.getAttribute('lang') ?? undefined;
  const heading = cleanLine(document.querySelector('h1')?.textContent ?? '');
  const title = cleanLine(document.querySelector('title')?.textContent ?? '');
  // "Expenses | Company intranet": the heading is the name without the name of the site.
  values['title'] ??=
    title === '' || (heading !== '' && title.startsWith(heading)) ? heading : title;
  const meta = statedMeta(values);
  const canonical = document.querySelector('link[rel="canonical"]')?.getAttribute('href');
  if (meta.url === undefined && canonical?.startsWith('http') === true) meta.url = canonical;
  return meta;
}

const FURNITURE =
  'nav, [role="navigation"], [role="banner"], [role="contentinfo"], [role="search"], body > header, body > footer, body > aside';

/**
 * The content of a page without its furniture: the `main` or sole `article` when marked so, else
 * what readability keeps if that is most of the page, else the body without navigation. Losing a
 * table of an internal page is worse than keeping a menu, hence "most" (0.6 of the letters).
 */
function mainBlocks(document: DomDocument, source: string): Block[] {
  const body = document.body;
  if (body === null) return [];
  const articles = [...document.querySelectorAll('article')];
  const marked =
    document.querySelector('main, [role="main"]') ??
    (articles.length === 1 ? (articles[0] ?? null) : null);
  for (const part of body.querySelectorAll(FURNITURE)) {
    if (marked === null || !contains(part, marked)) part.remove();
  }
  const all = htmlBlocks(body, source);
  if (marked !== null) {
    const blocks = htmlBlocks(marked, source);
    if (weight(blocks) > 0) return blocks;
  }
  const article = readable(source);
  const share = article === null ? 0 : weight(article) / Math.max(1, weight(all));
  // Readability makes every h1 an h2: what it leaves alone is better taken as it was.
  return article !== null && share >= 0.6 && share < 0.95 ? article : all;
}

function readable(source: string): Block[] | null {
  try {
    // Readability rewrites the page it is given, hence a second parse, and it drops styles.
    const copy = parseDocument(source);
    removeHidden(copy, source);
    for (const part of copy.querySelectorAll(FURNITURE)) part.remove();
    const result = new Readability<DomElement>(copy as never, {
      maxElemsToParse: 50_000,
      keepClasses: true,
      serializer: (node) => node as unknown as DomElement,
    }).parse();
    return result?.content === null || result?.content === undefined
      ? null
      : htmlBlocks(result.content, source);
  } catch {
    // Too many elements, or a page it cannot handle: the caller takes the body.
    return null;
  }
}

function contains(outer: DomElement, inner: DomElement): boolean {
  for (let at: DomElement | null = inner; at !== null; at = at.parentElement) {
    if (at === outer) return true;
  }
  return false;
}

/** Letters and digits of blocks. */
function weight(blocks: readonly Block[]): number {
  const text = JSON.stringify(blocks);
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 2048));
  return /<meta[^>]+charset\s*=\s*["']?([\w-]+)/iu.exec(head)?.[1];
}
