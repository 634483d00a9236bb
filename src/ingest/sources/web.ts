import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import robots, { type Robot } from 'robots-parser';
import { abortError, isKakehashiError, KakehashiError } from '../../errors.js';
import { MAX_FILE_BYTES } from '../reader.js';
import { createGuardedFetch, type GuardedFetch, type GuardedResponse } from './guarded-fetch.js';
import type { Source, SourceItem, SourceSettings } from './source.js';
import { isBelow, isOtherFile, linksOf, pathOfPage, readSitemap } from './web-pages.js';

type WebSettings = Extract<SourceSettings, { kind: 'web' }>;

const TIMEOUT_MS = 60_000;
/** A robots.txt may ask for more; a nightly run would then not end. */
const MAX_DELAY_MS = 10_000;
/** A sitemap index names sitemaps, and those pages (sitemaps.org protocol 0.9). */
const MAX_SITEMAPS = 100;
const ROBOT = 'Kakehashi';
/** Its types name a default export that the CommonJS file does not have. */
const robotsParser = robots as unknown as typeof robots.default;

type Site = {
  get: (url: string, headers?: Record<string, string>) => Promise<GuardedResponse>;
  mayRead: (url: string) => Promise<boolean>;
};

/**
 * The pages of a web site: those of its sitemap, or those that are reached by links from a start page
 * and lie below it. robots.txt is kept (RFC 9309), requests follow each other with a pause. A page is
 * asked for with the mark of the last time (ETag or Last-Modified) where a sitemap names it.
 */
export function webSource(settings: WebSettings): Source {
  return async function* list({ signal }) {
    await using fetching = createGuardedFetch({
      allowHosts: settings.allow_hosts,
      maxBytes: MAX_FILE_BYTES,
      timeoutMs: TIMEOUT_MS,
    });
    const site = openSite(fetching, settings, signal);
    if (settings.sitemap !== undefined) yield* listed(settings.sitemap, site, settings);
    else if (settings.start !== undefined) yield* linked(settings.start, site, settings);
    else throw failed('The source has no sitemap and no start page.');
  };
}

function openSite(
  fetching: GuardedFetch,
  settings: WebSettings,
  signal: AbortSignal | undefined,
): Site {
  /** Of the one site that a source reads. */
  let robot: Robot | null = null;
  let pauseMs = settings.delay_ms;
  let isFirst = true;

  async function get(url: string, headers: Record<string, string> = {}) {
    if (!isFirst && pauseMs > 0) {
      await sleep(pauseMs, undefined, { ...(signal && { signal }) }).catch((error: unknown) => {
        throw signal?.aborted === true ? abortError(signal) : error;
      });
    }
    isFirst = false;
    return await fetching.get(url, { headers, signal });
  }

  async function readRobots(origin: string): Promise<Robot> {
    const url = `${origin}/robots.txt`;
    const { status, bytes } = await get(url);
    // A site that fails may forbid everything: it is asked again another day (RFC 9309, 2.3.1.4).
    if (status >= 500) throw failed(`The robots.txt of the site answers ${status}.`);
    const robot = robotsParser(url, new TextDecoder().decode(bytes));
    const wanted = 1000 * (robot.getCrawlDelay(ROBOT) ?? 0);
    pauseMs = Math.max(pauseMs, Math.min(wanted, MAX_DELAY_MS));
    return robot;
  }

  return {
    get,
    async mayRead(url) {
      robot ??= await readRobots(new URL(url).origin);
      return robot.isAllowed(url, ROBOT) !== false;
    },
  };
}

/** The pages of a sitemap, on its own site alone. */
async function* listed(
  sitemap: string,
  site: Site,
  { max_pages: maxPages }: WebSettings,
): AsyncGenerator<SourceItem> {
  const { origin } = new URL(sitemap);
  const waiting = [sitemap];
  const seen = new Set<string>();
  for (let read = 0; waiting.length > 0 && read < MAX_SITEMAPS; read++) {
    const at = waiting.shift() ?? '';
    const { status, bytes } = await site.get(at);
    if (status !== 200) throw failed(`A sitemap of the site answers ${status}.`);
    const { pages, sitemaps } = readSitemap(bytes);
    waiting.push(...sitemaps.filter((url) => isOnSite(url, origin)));
    for (const { url, modified } of pages) {
      if (!isOnSite(url, origin) || seen.has(url) || isOtherFile(url)) continue;
      if (seen.size >= maxPages) return;
      seen.add(url);
      if (!(await site.mayRead(url))) continue;
      yield {
        path: pathOfPage(url),
        fingerprint: modified,
        url,
        fetch: async (before) => {
          const response = await site.get(url, conditionOf(before));
          if (response.status === 304) return null;
          if (!isOnSite(response.url, origin)) throw away();
          if (response.status !== 200) throw unread(response.status);
          return { bytes: response.bytes, fingerprint: modified ?? markOf(response) };
        },
      };
    }
  }
  if (seen.size === 0) throw failed('The sitemap names no pages of its site.');
}

function isOnSite(url: string, origin: string): boolean {
  return URL.canParse(url) && new URL(url).origin === origin;
}

/** Pages reached from `start`, breadth first. */
async function* linked(
  start: string,
  site: Site,
  { max_pages: maxPages, max_depth: maxDepth }: WebSettings,
): AsyncGenerator<SourceItem> {
  const seen = new Set([new URL(start).href]);
  let level = [...seen];
  let read = 0;
  for (let depth = 0; depth <= maxDepth && level.length > 0; depth++) {
    const next: string[] = [];
    for (const url of level) {
      if (read >= maxPages) return;
      if (!(await site.mayRead(url))) continue;
      read++;
      const page = await readPage(url, site, { isStart: depth === 0 });
      if (page === null) continue;
      yield page.item;
      for (const link of page.links) {
        if (seen.has(link) || isOtherFile(link) || !isBelow(link, start)) continue;
        seen.add(link);
        next.push(link);
      }
    }
    level = next;
  }
}

/** A page with its links; null when it is gone. */
async function readPage(
  url: string,
  site: Site,
  { isStart }: { isStart: boolean },
): Promise<{ item: SourceItem; links: string[] } | null> {
  const common = { path: pathOfPage(url), url };
  let response: GuardedResponse;
  try {
    response = await site.get(url);
    const { origin } = new URL(response.url);
    if (!isOnSite(url, origin)) {
      if (isStart) throw moved(origin);
      const fetch = () => Promise.reject(away());
      return { item: { ...common, fingerprint: null, leadsAway: true, fetch }, links: [] };
    }
    if (response.status === 404 || response.status === 410) {
      if (isStart) throw failed('The start page is not there.');
      return null;
    }
    if (response.status !== 200) throw unread(response.status);
  } catch (error) {
    if (!isKakehashiError(error) || error.code === 'cancelled') throw error;
    // Behind the start page lies all of the site, behind another page perhaps a part of it.
    if (isStart) throw error.code === 'ingest.source_failed' ? error : failed(error.message, error);
    const reason = error.code === 'ingest.too_large' ? error : unread(0, error);
    const item = {
      ...common,
      fingerprint: null,
      hidesOthers: true,
      fetch: () => Promise.reject(reason),
    };
    return { item, links: [] };
  }
  const { bytes } = response;
  const fingerprint = createHash('sha256').update(bytes).digest('hex');
  const isHtml = /\bhtml\b/u.test(response.headers['content-type'] ?? '');
  return {
    item: {
      ...common,
      fingerprint,
      fetch: () => Promise.resolve({ bytes, fingerprint }),
    },
    links: isHtml ? linksOf(new TextDecoder().decode(bytes), response.url) : [],
  };
}

/** A mark that can be sent back, from the headers of a page; else a hash of its content. */
function markOf({ headers, bytes }: GuardedResponse): string {
  if (headers['etag'] !== undefined) return `etag ${headers['etag']}`;
  if (headers['last-modified'] !== undefined) return `modified ${headers['last-modified']}`;
  return createHash('sha256').update(bytes).digest('hex');
}

function conditionOf(mark: string | null): Record<string, string> {
  const [, kind, value = ''] = /^(etag|modified) (.+)$/u.exec(mark ?? '') ?? [];
  if (kind === 'etag') return { 'if-none-match': value };
  return kind === 'modified' ? { 'if-modified-since': value } : {};
}

function unread(status: number, cause?: unknown): KakehashiError {
  const what = status === 0 ? 'did not come' : `answers ${status}`;
  return new KakehashiError('ingest.read_failed', `The page ${what}.`, {
    remedy: 'It is tried again at the next run.',
    cause,
  });
}

/** Often to a login: what that shows is not what the page says. */
function away(): KakehashiError {
  return new KakehashiError('ingest.read_failed', 'The page leads to another site.', {
    remedy: 'Open it from this machine without logging in; it is tried again at the next run.',
  });
}

function moved(origin: string): KakehashiError {
  return new KakehashiError('ingest.source_failed', `The start page leads to ${origin}.`, {
    remedy: 'Name the page there as start in corpus.yaml, or let this machine in without a login.',
  });
}

function failed(message: string, cause?: unknown): KakehashiError {
  return new KakehashiError('ingest.source_failed', message, {
    remedy: 'Open the address of corpus.yaml from this machine, then index again.',
    cause,
  });
}
