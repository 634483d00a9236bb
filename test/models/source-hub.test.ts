import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hubFileUrl } from '../../src/models/hub-request.js';
import type { HubSource } from '../../src/models/model-entry.js';
import { pullModel } from '../../src/models/pull.js';
import type { PullOptions } from '../../src/models/pull-options.js';
import { entryOf, sha256, someBytes, temporaryFolder } from './tiny-models.js';

const content = someBytes(300_000);
const etag = '"version-1"';
const source: HubSource = { kind: 'hub', repo: 'org/tiny', file: 'q/tiny.gguf', revision: 'main' };
const entry = entryOf(content, [source]);

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

async function hub(handle: Handler) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    handle(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Serves `bytes` as a hub's storage does, from where the Range header says. */
function serve(request: IncomingMessage, response: ServerResponse, bytes = content) {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    etag,
    'content-length': bytes.length - start,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  response.end(bytes.subarray(start));
}

/** Sends the first `length` bytes of the whole and cuts the connection. */
function cut(response: ServerResponse, length: number, headers: Record<string, string> = { etag }) {
  response.writeHead(200, { ...headers, 'content-length': content.length });
  response.write(content.subarray(0, length), () => {
    setTimeout(() => response.destroy(), 20);
  });
}

function optionsFor(endpoint: string, more: Partial<PullOptions> = {}): PullOptions {
  return {
    modelsDir: temporaryFolder(),
    hubEndpoint: endpoint,
    allowLicences: ['Apache-2.0'],
    retryDelayMs: 1,
    idleMs: 5_000,
    ...more,
  };
}

describe('a pull from a hub', () => {
  it('downloads, reports progress and names the file by its content', async () => {
    const { endpoint, asked } = await hub((request, response) => serve(request, response));
    const seen: number[] = [];
    const options = optionsFor(endpoint, { onProgress: ({ bytes }) => seen.push(bytes) });
    const path = await pullModel(entry, options);
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(path.endsWith(`tiny-${entry.sha256?.slice(0, 12)}.gguf`)).toBe(true);
    expect(asked[0]?.url).toBe('/org/tiny/resolve/main/q/tiny.gguf');
    expect(seen.at(-1)).toBe(content.length);
  });

  it('does not ask again for what is here', async () => {
    const { endpoint, asked } = await hub((request, response) => serve(request, response));
    const options = optionsFor(endpoint);
    expect(await pullModel(entry, options)).toBe(await pullModel(entry, options));
    expect(asked).toHaveLength(1);
  });

  it('goes on by Range after a cut connection', async () => {
    const { endpoint, asked } = await hub((request, response, count) =>
      count === 1 ? cut(response, 100_000) : serve(request, response),
    );
    const path = await pullModel(entry, optionsFor(endpoint));
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(asked[1]?.headers).toMatchObject({ range: 'bytes=100000-', 'if-range': etag });
  });

  it('goes on in a later pull from what an earlier one left', async () => {
    let works = false;
    const { endpoint, asked } = await hub((request, response, count) => {
      if (works) serve(request, response);
      else if (count === 1) cut(response, 100_000);
      else response.destroy();
    });
    const options = optionsFor(endpoint);
    await expect(pullModel(entry, options)).rejects.toMatchObject({ code: 'model.truncated' });
    works = true;
    await pullModel(entry, options);
    expect(asked.at(-1)?.headers.range).toBe('bytes=100000-');
  });

  it('begins anew when the file on the hub has changed meanwhile', async () => {
    const { endpoint } = await hub((_, response, count) => {
      if (count === 1) return cut(response, 100_000);
      response.writeHead(200, { etag: '"version-2"', 'content-length': content.length });
      return response.end(content);
    });
    const path = await pullModel(entry, optionsFor(endpoint));
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('says that a file which ends early for good is cut short', async () => {
    const { endpoint } = await hub((_, response) => cut(response, 1_000, {}));
    await expect(pullModel(entry, optionsFor(endpoint))).rejects.toMatchObject({
      code: 'model.truncated',
    });
  });

  it('gives up a hub that stands still', async () => {
    const { endpoint } = await hub((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 10));
    });
    const before = Date.now();
    await expect(pullModel(entry, optionsFor(endpoint, { idleMs: 50 }))).rejects.toMatchObject({
      message: expect.stringContaining('stood still'),
    });
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  it.each([
    ['a missing file', 404],
    ['a closed door', 401],
  ])('reports %s without trying again', async (_, status) => {
    const { endpoint, asked } = await hub((_request, response) => {
      response.writeHead(status).end();
    });
    await expect(pullModel(entry, optionsFor(endpoint))).rejects.toMatchObject({
      code: 'model.download_failed',
      message: expect.stringContaining(String(status)),
    });
    expect(asked).toHaveLength(1);
  });

  it('tries again when the hub is overloaded', async () => {
    const { endpoint } = await hub((request, response, count) => {
      if (count === 1) response.writeHead(503).end();
      else serve(request, response);
    });
    await expect(pullModel(entry, optionsFor(endpoint))).resolves.toContain('tiny-');
  });

  it('refuses another content of the same size and leaves nothing of it', async () => {
    const { endpoint } = await hub((request, response) =>
      serve(request, response, someBytes(content.length, 7)),
    );
    const options = optionsFor(endpoint);
    await expect(pullModel(entry, options)).rejects.toMatchObject({
      code: 'model.checksum_mismatch',
    });
    expect(existsSync(join(options.modelsDir, 'partial', leftover))).toBe(false);
  });

  it('believes the checksum a hub states before it downloads half a gigabyte', async () => {
    const sent: number[] = [];
    const { endpoint } = await hub((_, response) => {
      response.writeHead(200, {
        'x-linked-etag': `"${sha256(Buffer.from('another'))}"`,
        'content-length': content.length,
      });
      response.flushHeaders();
      sent.push(1);
    });
    await expect(pullModel(entry, optionsFor(endpoint))).rejects.toMatchObject({
      code: 'model.checksum_mismatch',
    });
    expect(sent).toHaveLength(1);
  });

  it('goes on to the next source, with a note, when the hub has another file', async () => {
    const { endpoint } = await hub((request, response) =>
      serve(request, response, someBytes(content.length + 1, 7)),
    );
    const path = join(temporaryFolder(), 'by-hand.gguf');
    writeFileSync(path, content);
    const notes: string[] = [];
    const both = { ...entry, sources: [source, { kind: 'file' as const, path }] };
    await pullModel(both, optionsFor(endpoint, { onNote: (note) => notes.push(note) }));
    expect(notes).toEqual([
      expect.stringContaining('hf:org/tiny/q/tiny.gguf@main was passed over'),
    ]);
  });

  it('follows a redirect to storage without giving it the token', async () => {
    const storage = await hub((request, response) => serve(request, response));
    const door = await hub((_, response) => {
      response.writeHead(302, { location: `${storage.endpoint}/blob` }).end();
    });
    await pullModel(entry, optionsFor(door.endpoint, { hubToken: 'secret' }));
    expect(door.asked[0]?.headers.authorization).toBe('Bearer secret');
    expect(storage.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('stops following redirects that go in circles', async () => {
    const { endpoint, asked } = await hub((_, response) => {
      response.writeHead(302, { location: '/again' }).end();
    });
    await expect(pullModel(entry, optionsFor(endpoint))).rejects.toMatchObject({
      code: 'model.download_failed',
    });
    expect(asked).toHaveLength(6);
  });

  it('ends when it is cancelled and keeps what has arrived', async () => {
    const controller = new AbortController();
    const { endpoint } = await hub((_, response) => {
      response.writeHead(200, { etag, 'content-length': content.length });
      response.write(content.subarray(0, 50_000));
    });
    const options = optionsFor(endpoint, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(pullModel(entry, options)).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(join(options.modelsDir, 'partial', leftover))).toBe(true);
  });

  it('says which sources were tried when none delivers', async () => {
    const both = {
      ...entry,
      sources: [source, { kind: 'file' as const, path: '/nowhere/tiny.gguf' }],
    };
    await expect(pullModel(both, optionsFor('http://127.0.0.1:1'))).rejects.toMatchObject({
      code: 'model.download_failed',
      message: expect.stringMatching(/hf:org\/tiny.*connection failed.*file:\/nowhere/),
    });
  });
});

const leftover = `tiny-${entry.sha256?.slice(0, 12)}.hub.part`;

describe('hubFileUrl', () => {
  it('keeps the path of a mirror and escapes what is not plain', () => {
    const odd: HubSource = { ...source, file: 'a b/ü.gguf', revision: 'refs/pr/1' };
    expect(hubFileUrl('https://mirror.example/hub/', odd).pathname).toBe(
      '/hub/org/tiny/resolve/refs%2Fpr%2F1/a%20b/%C3%BC.gguf',
    );
  });
});
