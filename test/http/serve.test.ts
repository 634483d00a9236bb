import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.js';
import { localPrincipal } from '../../src/http/principal.js';
import { type Listening, listen, type ListenOptions } from '../../src/http/serve.js';
import { Problem } from '../../src/schemas.js';
import { sleep, type Script } from './fake-answerer.js';
import { parseEvents, type TestApp, testApp } from './test-app.js';

const open: { close: () => Promise<void> }[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function start(
  script: Script = {},
  options: Parameters<typeof testApp>[1] = {},
  limits: ListenOptions['limits'] = {},
): Promise<TestApp & { server: Listening; url: string }> {
  const test = testApp(script, options);
  const server = await listen({ app: test.app, host: '127.0.0.1', port: 0, limits });
  open.push({ close: () => server.close({ drainMs: 0 }) });
  return { ...test, server, url: `http://127.0.0.1:${server.port}` };
}

/** A raw connection: what was received so far, and when the other side closed. */
function dial(port: number): { socket: Socket; received: () => string; closed: Promise<void> } {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, received: () => text, closed };
}

function question(body: object, port: number): string {
  const json = JSON.stringify({ question: 'leave?', ...body });
  return (
    `POST /answer HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`
  );
}

async function until(condition: () => boolean, withinMs = 5000): Promise<void> {
  const startedAt = performance.now();
  while (!condition()) {
    if (performance.now() - startedAt > withinMs) throw new Error('waited in vain');
    await sleep(5);
  }
}

async function post(url: string, body: object, signal?: AbortSignal): Promise<Response> {
  return await fetch(`${url}/answer`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ question: 'leave?', ...body }),
    ...(signal ? { signal } : {}),
  });
}

describe('a stream', () => {
  it('brings each word when it is there', async () => {
    const { url } = await start({ wordMs: 60 });
    const response = await post(url, { stream: true });
    const arrivals: number[] = [];
    let text = '';
    for await (const chunk of response.body ?? []) {
      arrivals.push(performance.now());
      text += Buffer.from(chunk as Uint8Array).toString('utf8');
    }
    expect(parseEvents(text).at(-1)?.event).toBe('done');
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(90);
  });

  it('beats while nothing else happens', async () => {
    const { url } = await start({ wordMs: 120, words: ['late'] }, { limits: { heartbeatMs: 25 } });
    const text = await (await post(url, { stream: true })).text();
    expect(text.match(/^: still here$/gmu)?.length).toBeGreaterThanOrEqual(2);
  });

  it('stops the answer when the reader leaves', async () => {
    const words = Array.from({ length: 500 }, () => 'word ');
    const { url, answerer, lines } = await start({ wordMs: 10, words });
    const caller = new AbortController();
    const response = await post(url, { stream: true }, caller.signal);
    await response.body?.getReader().read();
    const leftAt = performance.now();
    caller.abort();
    await until(() => answerer.calls[0]?.signal?.aborted === true);
    expect(performance.now() - leftAt).toBeLessThan(1000);
    await until(() => lines.length === 1);
    expect(lines).toMatchObject([{ status: 499, code: 'cancelled', stream: 'disconnected' }]);
  });

  it('cuts a reader who is too far behind', async () => {
    const words = Array.from({ length: 400 }, () => 'x'.repeat(64 * 1024));
    const { server, answerer, lines } = await start({ words, wordMs: 1 });
    const { socket } = dial(server.port);
    socket.write(question({ stream: true }, server.port));
    socket.once('data', () => socket.pause());
    await until(() => answerer.calls[0]?.signal?.aborted === true, 15_000);
    await until(() => lines.length === 1);
    expect(lines).toMatchObject([{ status: 499, stream: 'too_slow' }]);
  });

  it('cuts a reader who takes nothing for too long', async () => {
    // 8 MB fill the buffers of the system; the own one is large enough for what follows.
    const words = Array.from({ length: 100 }, () => 'x'.repeat(128 * 1024));
    const { server, answerer } = await start(
      { words, wordMs: 1 },
      { limits: { streamBufferBytes: 64 * 1024 * 1024 } },
      { stalledMs: 200 },
    );
    const { socket, closed } = dial(server.port);
    socket.write(question({ stream: true }, server.port));
    socket.once('data', () => socket.pause());
    await until(() => answerer.calls.length === 1);
    await sleep(1000);
    socket.resume();
    await closed;
  });
});

describe('an answer', () => {
  it('is stopped when the caller leaves', async () => {
    const { url, answerer, lines } = await start({
      wordMs: 20,
      words: Array(200).fill('w') as string[],
    });
    const caller = new AbortController();
    const response = post(url, {}, caller.signal);
    await until(() => answerer.calls.length === 1);
    caller.abort();
    await expect(response).rejects.toThrow('aborted');
    await until(() => lines.length === 1);
    expect(answerer.calls[0]?.signal?.aborted).toBe(true);
    expect(lines).toMatchObject([{ status: 499 }]);
  });

  it('is stopped for each of 100 callers who leave, and leaves nothing behind', async () => {
    const { url, answerer, lines, server } = await start({
      wordMs: 5,
      words: Array(400).fill('w') as string[],
    });
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const caller = new AbortController();
          setTimeout(() => caller.abort(), index * 6);
          await post(url, { stream: index % 2 === 0 }, caller.signal)
            .then((response) => response.text())
            .catch(() => undefined);
        }),
      );
    }
    await until(() => answerer.calls.every((call) => call.signal?.aborted === true));
    await until(() => lines.length >= answerer.calls.length);
    await server.close({ drainMs: 10_000 });
  });
});

describe('the socket', () => {
  it('refuses a body over the limit while it is still coming', async () => {
    const { server } = await start();
    const { socket, received } = dial(server.port);
    socket.write(
      'POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n',
    );
    for (let sent = 0; sent < 6; sent++) socket.write(`4000\r\n${' '.repeat(0x4000)}\r\n`);
    await until(() => received().includes('request.too_large'));
    expect(received()).toMatch(/^HTTP\/1\.1 413 /u);
  });

  it.each([
    ['garbage', 'NONSENSE\r\n\r\n', 400],
    [
      'headers too large',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['no Host', 'GET /healthz HTTP/1.0\r\n\r\n', 400],
    ['a Host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['another Host', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421],
  ])('meets %s with a problem', async (_name, bytes, status) => {
    const { server } = await start();
    const { socket, received } = dial(server.port);
    socket.write(bytes);
    await until(() => received().endsWith('}'));
    const [head, body] = received().split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('application/problem+json');
    expect(Problem.parse(JSON.parse(body ?? '')).status).toBe(status);
  });

  it('closes on headers and bodies that trickle', async () => {
    const limits = { headersMs: 150, requestMs: 300, checkMs: 50 };
    const { server } = await start({}, {}, limits);
    const slowHeaders = dial(server.port);
    slowHeaders.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ');
    const slowBody = dial(server.port);
    slowBody.socket.write(question({}, server.port).slice(0, -5));
    await Promise.all([slowHeaders.closed, slowBody.closed]);
    expect(slowHeaders.received()).toMatch(/^HTTP\/1\.1 408 /u);
    expect(slowBody.received()).toMatch(/^HTTP\/1\.1 408 /u);
  });

  it('keeps a connection for the next request and closes an idle one', async () => {
    const { server } = await start({}, {}, { idleMs: 100 });
    const { socket, received, closed } = dial(server.port);
    const request = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    socket.write(request);
    await until(() => received().includes('"ok"'));
    socket.write(request);
    await until(() => received().split('"ok"').length === 3);
    await closed;
  });

  it('names a port that is taken and what to do', async () => {
    const { server, app } = await start();
    await expect(listen({ app, host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'port.taken',
      message: expect.stringContaining(String(server.port)) as string,
      remedy: expect.stringContaining('--port') as string,
    });
  });

  it('says that an address is not of this machine', async () => {
    const { app } = testApp();
    await expect(listen({ app, host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'config.invalid',
    });
  });
});

describe('closing', () => {
  it('lets answers in work end, and takes no more', async () => {
    const { url, server } = await start({ wordMs: 50 });
    const answers = [post(url, {}), post(url, { stream: true })];
    await sleep(60);
    const closed = server.close({ drainMs: 5000 });
    const [plain, stream] = await Promise.all(answers);
    expect(plain?.status).toBe(200);
    expect(parseEvents((await stream?.text()) ?? '').at(-1)?.event).toBe('done');
    await closed;
    await expect(post(url, {})).rejects.toThrow('fetch failed');
  });

  it('ends what is left after the time for draining, each with its reason', async () => {
    const { url, server } = await start({ wordMs: 20, words: Array(1000).fill('w') as string[] });
    const answers = [post(url, {}), post(url, { stream: true })];
    await sleep(100);
    const startedAt = performance.now();
    await server.close({ drainMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(900);
    const [plain, stream] = await Promise.all(answers);
    expect(Problem.parse(await plain?.json())).toMatchObject({
      status: 503,
      code: 'engine.unavailable',
    });
    const last = parseEvents((await stream?.text()) ?? '').at(-1);
    expect(last).toMatchObject({ event: 'error', data: { code: 'engine.unavailable' } });
  });

  it('is hurried by a second call', async () => {
    const { url, server } = await start({ wordMs: 20, words: Array(1000).fill('w') as string[] });
    const answer = post(url, {});
    await sleep(100);
    const startedAt = performance.now();
    const first = server.close({ drainMs: 60_000 });
    await server.close({ drainMs: 0 });
    await first;
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect((await answer).status).toBe(503);
  });

  it('shows on /readyz of a connection that is still open', async () => {
    const { url, server } = await start({ wordMs: 100 });
    const { socket, received } = dial(server.port);
    const answer = post(url, {});
    await sleep(50);
    // The first request is held by a body that has not come; the second follows it.
    socket.write(question({}, server.port).slice(0, -2));
    await sleep(50);
    void server.close({ drainMs: 5000 });
    socket.write('"}GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n'.slice(1));
    await answer;
    await until(() => received().includes('HTTP/1.1'));
    expect(received()).toContain('Connection: close');
  });
});

describe('createApp', () => {
  it('answers over a socket with the defaults', async () => {
    const { answerer } = testApp();
    const app = createApp({
      answerer,
      readiness: () => [],
      staticDir: 'test/http/no-page',
      version: '0.1.0',
      log: { debug: () => undefined, info: () => undefined, error: () => undefined },
      now: () => performance.now(),
      newId: () => crypto.randomUUID(),
      principalOf: localPrincipal,
    });
    const server = await listen({ app, host: 'localhost', port: 0 });
    const response = await fetch(`http://localhost:${server.port}/readyz`);
    expect(await response.json()).toEqual({ status: 'ready', checks: [] });
    await server.close({ drainMs: 1000 });
  });
});
