import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AboutResponse,
  AdapterResponse,
  DocumentResponse,
  ReadinessResponse,
  SearchResponse,
} from '../../src/schemas.js';
import { testApp } from './test-app.js';

/** What this process has open, as Linux tells it. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // The one that the listing itself was read by.
    }
  });
}

describe('POST /search', () => {
  it('gives passages', async () => {
    const { post } = testApp();
    const response = await post('/search', { query: '休暇', limit: 3 });
    expect(SearchResponse.parse(await response.json()).results.length).toBe(1);
  });
});

describe('GET /documents', () => {
  it('gives a document of an id with slashes, spaces and Japanese', async () => {
    const { app, answerer } = testApp();
    const id = '規程/leave & pay.md';
    const path = `/documents/handbook/${encodeURIComponent(id)}?revision=0123456789abcdef`;
    const response = await app.request(path);
    expect(DocumentResponse.parse(await response.json()).id).toBe(id);
    expect(answerer.documents).toEqual([{ corpus: 'handbook', id, revision: '0123456789abcdef' }]);
  });

  it('keeps dots and encoded slashes an id, not a path', async () => {
    const { app, answerer } = testApp();
    await app.request('/documents/handbook/..%2F..%2Fetc%2Fpasswd');
    expect(answerer.documents.map(({ id }) => id)).toEqual(['../../etc/passwd']);
  });

  it('says that a document does not exist', async () => {
    const { app } = testApp();
    const response = await app.request('/documents/handbook/missing');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'document.not_found' });
  });

  it('gives the file that a document was read from, to be shown or saved, never to be run', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kakehashi-originals-'));
    const originals = Object.fromEntries(
      ['規程.pdf', 'page.docx'].map((name) => {
        writeFileSync(join(folder, name), `file ${name}`);
        return [name, join(folder, name)];
      }),
    );
    const { app } = testApp({ originals: { ...originals, 'lost.pdf': join(folder, 'lost.pdf') } });
    const pdf = await app.request(`/documents/handbook/${encodeURIComponent('規程.pdf')}/original`);
    expect(await pdf.text()).toBe('file 規程.pdf');
    expect(Object.fromEntries(pdf.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '15',
      'content-disposition': `inline; filename*=UTF-8''${encodeURIComponent('規程.pdf')}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    });
    const word = await app.request('/documents/handbook/page.docx/original');
    expect(word.headers.get('content-disposition')).toMatch(/^attachment/u);
    await word.body?.cancel();
    for (const id of ['missing.pdf', 'lost.pdf']) {
      const response = await app.request(`/documents/handbook/${id}/original`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'document.not_found' });
    }
    rmSync(folder, { recursive: true });
  });

  it.skipIf(process.platform !== 'linux')(
    'gives the headers of a file alone to HEAD, and leaves no file open',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kakehashi-originals-'));
      const file = join(folder, 'page.pdf');
      writeFileSync(file, 'file');
      const { app } = testApp({ originals: { 'page.pdf': file } });
      const address = '/documents/handbook/page.pdf/original';
      const response = await app.request(address, { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-length')).toBe('4');
      expect(await response.text()).toBe('');
      expect(openFiles()).not.toContain(file);
      rmSync(folder, { recursive: true });
    },
  );

  it.each([
    '/documents/NOT/x',
    '/documents/a/b?revision=latest',
    '/documents/a/%E0%A4%A?revision=',
  ])('refuses %s', async (path) => {
    const { app } = testApp();
    expect((await app.request(path)).status).toBe(400);
  });
});

describe('POST /feedback', () => {
  it('is noted without a body', async () => {
    const { post } = testApp();
    const response = await post('/feedback', { answer_id: crypto.randomUUID(), helpful: false });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
  });
});

describe('GET /about', () => {
  it('tells what is served', async () => {
    const { app } = testApp();
    const about = AboutResponse.parse(await (await app.request('/about')).json());
    expect(about.corpora[0]?.title.ja).toBe('手引き');
  });
});

describe('GET /adapters/{name}', () => {
  it('gives the passport of an adapter in service', async () => {
    const { app } = testApp();
    const passport = AdapterResponse.parse(await (await app.request('/adapters/grounded')).json());
    expect(passport).toMatchObject({ name: 'grounded', gates: null });
  });

  it('says the same of one that is not there and of one that may not be used', async () => {
    const { app } = testApp();
    const response = await app.request('/adapters/missing');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'adapter.not_found' });
  });
});

describe('health', () => {
  it('is alive whatever else is broken', async () => {
    const broken = () => {
      throw new Error('down');
    };
    const { app } = testApp({}, { readiness: broken, principalOf: broken });
    const response = await app.request('/healthz');
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('is ready when every check is', async () => {
    const { app } = testApp();
    const response = await app.request('/readyz');
    expect(response.status).toBe(200);
    expect(ReadinessResponse.parse(await response.json()).status).toBe('ready');
  });

  it('names what it waits for', async () => {
    const checks = [
      { name: 'model', ok: false, detail: 'The model is loading.' },
      { name: 'index', ok: true, detail: '' },
    ];
    const { app } = testApp({}, { readiness: async () => checks });
    const response = await app.request('/readyz');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toEqual({ status: 'not_ready', checks });
  });
});

describe('the page', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  const pageFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'kakehashi-page-'));
    folders.push(folder);
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'assets', 'page-1a2b.js'), 'export {};');
    writeFileSync(join(folder, '.env'), 'SECRET=1');
    return folder;
  };

  it('is served with types and cache rules', async () => {
    const { app } = testApp({}, { staticDir: pageFolder() });
    const page = await app.request('/');
    expect(await page.text()).toBe('<!doctype html>');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const script = await app.request('/assets/page-1a2b.js');
    expect(script.headers.get('content-type')).toContain('text/javascript');
    expect(script.headers.get('cache-control')).toContain('immutable');
    const etag = page.headers.get('etag') ?? '';
    const again = await app.request('/', { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    expect((await app.request('/', { method: 'HEAD' })).status).toBe(200);
  });

  it.each(['/.env', '/assets/../.env', '/assets/..%2f.env', '/assets/%2e%2e/.env', '//etc/passwd'])(
    'does not give %s',
    async (path) => {
      const { app } = testApp({}, { staticDir: pageFolder() });
      expect((await app.request(path)).status).toBe(404);
    },
  );
});
