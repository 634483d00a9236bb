import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.js';
import { localPrincipal } from '../../src/http/principal.js';
import { listen } from '../../src/http/serve.js';
import { Problem } from '../../src/schemas.js';
import { parseEvents, testApp } from './test-app.js';
import { dial, post, question, start, until } from './test-server.js';

describe('closing', () => {
  it('lets answers in work end, and takes no more', async () => {
    const { url, server, answerer } = await start({ wordMs: 50 });
    const answers = [post(url, {}), post(url, { stream: true })];
    await until(() => answerer.calls.length === 2);
    const closed = server.close({ drainMs: 5000 });
    const [plain, stream] = await Promise.all(answers);
    expect(plain?.status).toBe(200);
    expect(parseEvents((await stream?.text()) ?? '').at(-1)?.event).toBe('done');
    await closed;
    await expect(post(url, {})).rejects.toThrow('fetch failed');
  });

  it('ends what is left after the time for draining, each with its reason', async () => {
    const { url, server, answerer } = await start({
      wordMs: 20,
      words: Array(1000).fill('w') as string[],
    });
    const answers = [post(url, {}), post(url, { stream: true })];
    await until(() => answerer.calls.length === 2);
    const startedAt = performance.now();
    await server.close({ drainMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    const [plain, stream] = await Promise.all(answers);
    expect(Problem.parse(await plain?.json())).toMatchObject({
      status: 503,
      code: 'engine.unavailable',
    });
    const last = parseEvents((await stream?.text()) ?? '').at(-1);
    expect(last).toMatchObject({ event: 'error', data: { code: 'engine.unavailable' } });
  });

  it('is hurried by a second call', async () => {
    const { url, server, answerer } = await start({
      wordMs: 20,
      words: Array(1000).fill('w') as string[],
    });
    const answer = post(url, {});
    await until(() => answerer.calls.length === 1);
    const startedAt = performance.now();
    const first = server.close({ drainMs: 60_000 });
    await server.close({ drainMs: 0 });
    await first;
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect((await answer).status).toBe(503);
  });

  it('still answers a request that arrives with it on an open connection', async () => {
    const { server } = await start();
    const { socket, received, closed } = dial(server.port);
    await until(() => !socket.connecting);
    await (await fetch(`http://127.0.0.1:${server.port}/healthz`)).text();
    socket.write(question({}, server.port));
    await Promise.all([server.close({ drainMs: 5000 }), closed]);
    expect(received()).toMatch(/^HTTP\/1\.1 200 /u);
  });

  it('shows on /readyz of a connection that is still open', async () => {
    const { server } = await start({ wordMs: 50 });
    const { socket, received, closed } = dial(server.port);
    socket.write(question({ stream: true }, server.port));
    await until(() => received().includes('event: decision'));
    const closing = server.close({ drainMs: 5000 });
    socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await Promise.all([closed, closing]);
    expect(received()).toContain('event: done');
    expect(received()).toMatch(/HTTP\/1\.1 503 [^]*Connection: close[^]*"draining","ok":false/u);
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
