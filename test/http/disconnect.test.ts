import { describe, expect, it } from 'vitest';
import { sleep } from './fake-answerer.js';
import { parseEvents } from './test-app.js';
import { dial, post, question, start, until } from './test-server.js';

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
    // 5 s of words were left.
    expect(performance.now() - leftAt).toBeLessThan(3000);
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
    const { server, lines } = await start(
      { words, wordMs: 1 },
      { limits: { streamBufferBytes: 64 * 1024 * 1024 } },
      { stalledMs: 200 },
    );
    const { socket, received, closed } = dial(server.port);
    socket.write(question({ stream: true }, server.port));
    socket.once('data', () => socket.pause());
    await until(() => lines.length === 1, 15_000);
    await sleep(800);
    socket.resume();
    await closed;
    expect(received()).toContain('event: decision');
    expect(received()).not.toContain('event: done');
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

  it('is stopped for each of 100 callers who leave, and gives its place back', async () => {
    const { url, answerer, lines } = await start(
      { wordMs: 5, words: Array(400).fill('w') as string[] },
      { limits: { concurrentRequests: 20 } },
    );
    for (let round = 1; round <= 10; round++) {
      const callers = Array.from({ length: 10 }, () => new AbortController());
      const responses = callers.map(async (caller, index) => {
        const response = await post(url, { stream: index % 2 === 0 }, caller.signal);
        return await response.text();
      });
      const outcomes = Promise.allSettled(responses);
      await until(() => answerer.calls.length === round * 10);
      for (const caller of callers) {
        await sleep(2);
        caller.abort();
      }
      await outcomes;
    }
    await until(() => lines.length === 100);
    expect(answerer.calls.every((call) => call.signal?.aborted)).toBe(true);
    const search = await fetch(`${url}/search`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"query":"leave?"}',
    });
    expect(search.status).toBe(200);
  });
});
