import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SourceSettings } from '../../../src/ingest/sources/source.js';
import { linksOf, pathOfPage } from '../../../src/ingest/sources/web-pages.js';
import { webSource } from '../../../src/ingest/sources/web.js';

type Page = { status?: number; body?: string | Buffer; headers?: Record<string, string> };

let server: Server;
let origin: string;
let pages: Record<string, Page>;
let asked: IncomingMessage[];

beforeEach(async () => {
  asked = [];
  pages = {};
  server = createServer((request, response) => {
    asked.push(request);
    const page = pages[request.url ?? ''] ?? { status: 404 };
    const headers = { 'content-type': 'text/html; charset=utf-8', ...page.headers };
    const isKnown = request.headers['if-none-match'] === page.headers?.['etag'];
    if (page.headers?.['etag'] !== undefined && isKnown) response.writeHead(304).end();
    else response.writeHead(page.status ?? 200, headers).end(page.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

type Web = Partial<Extract<SourceSettings, { kind: 'web' }>>;
async function listed(settings: Web, before: Record<string, string> = {}) {
  const parsed = SourceSettings.parse({
    kind: 'web',
    delay_ms: 0,
    allow_hosts: [new URL(origin).host, new URL(elsewhere()).host],
    ...settings,
  });
  const found: Record<string, string> = {};
  for await (const item of webSource(parsed as Extract<SourceSettings, { kind: 'web' }>)({
    signal: undefined,
  })) {
    const content = await item.fetch(before[item.path] ?? null).catch((error: Error) => error);
    found[item.path] =
      content instanceof Error
        ? `${content.message}${item.hidesOthers === true ? ' (hides others)' : ''}${item.leadsAway === true ? ' (leads away)' : ''}`
        : content === null
          ? 'unchanged'
          : `${content.fingerprint.slice(0, 8)} ${Buffer.from(content.bytes).toString()}`;
  }
  return found;
}
/** The same server under another name. */
const elsewhere = () => origin.replace('127.0.0.1', 'localhost');
const urls = () => asked.map(({ url }) => url);
const links = (...hrefs: string[]) => hrefs.map((href) => `<a href="${href}">x</a>`).join('');
const sitemap = (...entries: [string, string?][]) =>
  `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries
    .map(
      ([path, modified]) =>
        `<url><loc>${new URL(path, origin).href}</loc>${modified ? `<lastmod>${modified}</lastmod>` : ''}</url>`,
    )
    .join('')}</urlset>`;

describe('webSource by links', () => {
  it('reads the pages below the start page, each once, and leaves other sites and pictures', async () => {
    pages = {
      '/docs/': {
        body: links('a', 'b?x=1', '#top', '/other', 'http://example.com/', 'p.png', 'mailto:x@y'),
      },
      '/docs/a': { body: links('/docs/', 'deep/c.html', 'a#again') },
      '/docs/b?x=1': { body: 'b' },
      '/docs/deep/c.html': { body: 'c' },
    };
    const found = await listed({ start: `${origin}/docs/` });
    expect(Object.keys(found)).toEqual([
      'docs/index.html',
      'docs/a.html',
      expect.stringMatching(/^docs\/b~[0-9a-f]{8}\.html$/u),
      'docs/deep/c.html',
    ]);
    expect(urls()).toEqual([
      '/robots.txt',
      '/docs/',
      '/docs/a',
      '/docs/b?x=1',
      '/docs/deep/c.html',
    ]);
  });

  it('keeps to robots.txt, to the depth and to the number of pages', async () => {
    pages = {
      '/robots.txt': {
        body: 'User-agent: *\nDisallow: /private/\n',
        headers: { 'content-type': 'text/plain' },
      },
      '/': { body: links('private/a', 'one', 'two') },
      '/one': { body: links('three') },
      '/two': { body: 'two' },
      '/three': { body: 'three' },
    };
    const start = `${origin}/`;
    expect(Object.keys(await listed({ start, max_depth: 1 }))).toEqual([
      'index.html',
      'one.html',
      'two.html',
    ]);
    expect(Object.keys(await listed({ start, max_pages: 2 }))).toEqual(['index.html', 'one.html']);
    expect(urls()).not.toContain('/private/a');
  });

  it('takes a page that is not there for gone, and one that fails for one that hides others', async () => {
    pages = { '/': { body: links('gone', 'broken') }, '/broken': { status: 503 } };
    expect(await listed({ start: `${origin}/` })).toEqual({
      'index.html': expect.any(String),
      'broken.html': 'The page did not come. (hides others)',
    });
  });

  it('names the site that the start page leads to, in place of reading nothing', async () => {
    pages = { '/': { status: 302, headers: { location: `${elsewhere()}/login` } } };
    await expect(listed({ start: `${origin}/` })).rejects.toMatchObject({
      code: 'ingest.source_failed',
      message: `The start page leads to ${elsewhere()}.`,
      remedy: expect.stringContaining('corpus.yaml'),
    });
  });

  it('does not take a page that leads to another site', async () => {
    pages = {
      '/': { body: links('a') },
      '/a': { status: 302, headers: { location: `${elsewhere()}/login` } },
    };
    expect(await listed({ start: `${origin}/` })).toEqual({
      'index.html': expect.any(String),
      'a.html': 'The page leads to another site. (leads away)',
    });
  });

  it('fails as a whole when the start page or robots.txt fails', async () => {
    const failed = { code: 'ingest.source_failed' };
    await expect(listed({ start: `${origin}/` })).rejects.toMatchObject(failed);
    pages = { '/': { body: 'a' }, '/robots.txt': { status: 500 } };
    await expect(listed({ start: `${origin}/` })).rejects.toMatchObject(failed);
    await expect(listed({})).rejects.toMatchObject(failed);
    await expect(listed({ start: `${origin}/`, allow_hosts: [] })).rejects.toMatchObject(failed);
  });
});

describe('webSource by sitemap', () => {
  it('reads what the sitemap names on its own site, packed and in parts', async () => {
    pages = {
      '/index.xml': {
        body: `<sitemapindex><sitemap><loc>${origin}/part.xml.gz</loc></sitemap><sitemap><loc>http://example.com/x.xml</loc></sitemap></sitemapindex>`,
      },
      '/part.xml.gz': {
        body: gzipSync(sitemap(['/a.html', '2025-04-01'], ['http://example.com/b'], ['/m.pdf'])),
      },
      '/a.html': { body: 'a' },
      '/m.pdf': { body: '%PDF-' },
    };
    expect(await listed({ sitemap: `${origin}/index.xml` })).toEqual({
      'a.html': '2025-04- a',
      'm.pdf': expect.stringContaining('%PDF-'),
    });
  });

  it('asks for a page with the mark of the last time', async () => {
    pages = {
      '/sitemap.xml': { body: sitemap(['/a.html']) },
      '/a.html': { body: 'a', headers: { etag: '"one"' } },
    };
    const given = { sitemap: `${origin}/sitemap.xml` };
    expect(await listed(given)).toEqual({ 'a.html': 'etag "on a' });
    expect(await listed(given, { 'a.html': 'etag "one"' })).toEqual({ 'a.html': 'unchanged' });
  });

  it('does not take a page that leads to another site', async () => {
    pages = {
      '/sitemap.xml': { body: sitemap(['/a.html', '2025-04-01']) },
      '/a.html': { status: 302, headers: { location: `${elsewhere()}/login` } },
      '/login': { body: 'Log in.' },
    };
    expect(await listed({ sitemap: `${origin}/sitemap.xml` })).toEqual({
      'a.html': 'The page leads to another site.',
    });
  });

  it('fails when the sitemap does not answer, is none, or unpacks without end', async () => {
    const bodies = ['no xml', '<urlset/>', gzipSync(Buffer.alloc(60_000_000))];
    for (const body of [undefined, ...bodies]) {
      pages = body === undefined ? {} : { '/sitemap.xml': { body } };
      await expect(listed({ sitemap: `${origin}/sitemap.xml` })).rejects.toMatchObject({
        code: 'ingest.source_failed',
      });
    }
  });
});

describe('pages', () => {
  it('give absolute links once, without fragments and nofollow', () => {
    const html = `<base href="/docs/"><a href="a#x">1</a><a href="a">2</a><a rel="nofollow" href="b">3</a><a href="javascript:x">4</a>`;
    expect(linksOf(html, 'https://example.com/')).toEqual(['https://example.com/docs/a']);
  });

  it('have a path of their own, with an ending that says what they are', () => {
    expect(pathOfPage('https://example.com/')).toBe('index.html');
    expect(pathOfPage('https://example.com/v1.2')).toBe('v1.2.html');
    expect(pathOfPage('https://example.com/a.php')).toBe('a.php.html');
    expect(pathOfPage('https://example.com/%E8%A6%8F%E7%A8%8B/m.pdf')).toBe('規程/m.pdf');
    expect(pathOfPage('https://example.com/a?b')).not.toBe(pathOfPage('https://example.com/a?c'));
  });
});
