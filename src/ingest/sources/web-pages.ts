import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { KakehashiError } from '../../errors.js';
import { parseDocument } from '../readers/html-dom.js';
import { elements, parseXml, firstText } from '../readers/xml.js';

/** The most that a sitemap may hold, unpacked (sitemaps.org protocol 0.9). */
const MAX_SITEMAP_BYTES = 50 * 1024 * 1024;

export type SitemapEntry = { url: string; modified: string | null };

/** What a sitemap names: pages with the day of their last change, or further sitemaps. Errors: `ingest.source_failed`. */
export function readSitemap(bytes: Uint8Array): { pages: SitemapEntry[]; sitemaps: string[] } {
  try {
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = isPacked ? gunzipSync(bytes, { maxOutputLength: MAX_SITEMAP_BYTES }) : bytes;
    const root = parseXml(new TextDecoder().decode(plain).replace(/^\ufeff/u, ''));
    const entries = (name: string) =>
      [...elements(root, name)].flatMap((entry) => {
        const stated = (field: string) => firstText(entry, field).trim();
        const url = stated('loc');
        return url === '' ? [] : [{ url, modified: stated('lastmod') || null }];
      });
    return { pages: entries('url'), sitemaps: entries('sitemap').map(({ url }) => url) };
  } catch (cause) {
    throw new KakehashiError('ingest.source_failed', 'The sitemap cannot be read.', {
      remedy: 'Open its address: it must be XML as sitemaps.org describes it.',
      cause,
    });
  }
}

/** Addresses that a page links to, without fragments, in order, each once; not those marked nofollow. */
export function linksOf(html: string, pageUrl: string): string[] {
  const document = parseDocument(html);
  const base = document.querySelector('base[href]')?.getAttribute('href') ?? '';
  const found = new Set<string>();
  for (const link of document.querySelectorAll('a[href]')) {
    if (/\bnofollow\b/u.test(link.getAttribute('rel') ?? '')) continue;
    const url = absolute(link.getAttribute('href') ?? '', absolute(base, pageUrl) ?? pageUrl);
    if (url !== null) found.add(url);
  }
  return [...found];
}

function absolute(href: string, base: string): string | null {
  try {
    const url = new URL(href, base);
    url.hash = '';
    return /^https?:$/u.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Whether an address lies on the site of `start`, in its folder or below. */
export function isBelow(address: string, start: string): boolean {
  const [url, top] = [new URL(address), new URL(start)];
  return url.origin === top.origin && url.pathname.startsWith(folderOf(top));
}

function folderOf({ pathname }: URL): string {
  return pathname.slice(0, pathname.lastIndexOf('/') + 1);
}

/**
 * The path of a page in the mirror: its path on the site, `index.html` for a folder, a hash of the query,
 * and `.html` where the name says nothing of the format.
 */
export function pathOfPage(address: string): string {
  const { pathname, search } = new URL(address);
  const names = pathname.split('/').map(decode);
  const last = names.pop() || 'index.html';
  const query =
    search === '' ? '' : `~${createHash('sha256').update(search).digest('hex').slice(0, 8)}`;
  const extension = /\.[a-z][a-z0-9]{1,5}$/iu.exec(last)?.[0] ?? '';
  const stem = extension === '' ? last : last.slice(0, -extension.length);
  const isDocument = DOCUMENTS.test(extension);
  const name = isDocument ? `${stem}${query}${extension}` : `${last}${query}.html`;
  return [...names, name].filter((part) => part !== '').join('/');
}

/** Other endings (`.php`, `.aspx`, the 0 of a version) are those of pages. */
const DOCUMENTS = /^\.(?:html?|xhtml|md|txt|pdf|docx|xlsx|pptx|epub|csv|tsv|json|jsonl|eml)$/iu;

/** Whether an address names something that is not read: pictures, programs, archives. */
export function isOtherFile(address: string): boolean {
  return /\.(?:png|jpe?g|gif|svg|webp|ico|css|m?js|map|woff2?|ttf|zip|gz|tar|7z|exe|dmg|mp[34]|mov|avi|wav)$/iu.test(
    new URL(address).pathname,
  );
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
