import { describe, expect, it } from 'vitest';
import { KakehashiError } from '../../src/errors.js';
import { AnswerResponse } from '../../src/schemas.js';
import { createReplays } from '../../src/http/replay.js';
import { answerResponse, sleep } from './fake-answerer.js';
import { parseEvents, testApp } from './test-app.js';

const QUESTION = { question: 'How many days of leave?' };
const KEY = { 'Idempotency-Key': 'k-1' };
const FREE = new AbortController().signal;

describe('Idempotency-Key', () => {
  it('gives the same answer twice and asks once', async () => {
    const { post, answerer } = testApp();
    const first = await post('/answer', QUESTION, KEY);
    const second = await post('/answer', QUESTION, KEY);
    expect(await second.json()).toEqual(await first.json());
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(answerer.calls.length).toBe(1);
  });

  it('refuses the same key with another body', async () => {
    const { post } = testApp();
    await post('/answer', QUESTION, KEY);
    const response = await post('/answer', { question: 'Another?' }, KEY);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'request.conflict' });
  });

  it('lets a concurrent twin wait for the first', async () => {
    const { post, answerer } = testApp({ wordMs: 20 });
    const responses = await Promise.all([1, 2, 3].map(() => post('/answer', QUESTION, KEY)));
    expect(responses.map((response) => response.status)).toEqual([200, 200, 200]);
    expect(answerer.calls.length).toBe(1);
  });

  it('replays a stream as events', async () => {
    const { post } = testApp();
    const body = { ...QUESTION, stream: true };
    await (await post('/answer', body, KEY)).text();
    const events = parseEvents(await (await post('/answer', body, KEY)).text());
    expect(events.map(({ event }) => event)).toEqual(['decision', 'delta', 'citations', 'done']);
    expect(AnswerResponse.parse(events[3]?.data).answer).toBe('Ten days [1].');
  });

  it('does not keep an error', async () => {
    const { post, answerer } = testApp({ failLate: new KakehashiError('engine.busy', 'Busy.') });
    expect((await post('/answer', QUESTION, KEY)).status).toBe(503);
    expect((await post('/answer', QUESTION, KEY)).status).toBe(503);
    expect(answerer.calls.length).toBe(2);
  });

  it('belongs to one caller', async () => {
    const principalOf = (request: Request) => ({
      id: request.headers.get('x-who') ?? '',
      access: [],
      readsAll: false,
    });
    const { post, answerer } = testApp({}, { principalOf });
    await post('/answer', QUESTION, { ...KEY, 'X-Who': 'a' });
    await post('/answer', { question: 'Another?' }, { ...KEY, 'X-Who': 'b' });
    expect(answerer.calls.length).toBe(2);
  });

  it.each(['a b', 'ü', 'k'.repeat(201)])('is refused as "%s"', async (key) => {
    const { post } = testApp();
    const response = await post('/answer', QUESTION, { 'Idempotency-Key': key });
    expect(await response.json()).toMatchObject({ errors: [{ path: 'idempotency-key' }] });
  });
});

describe('replays', () => {
  const setUp = (options: { entries?: number; bytes?: number } = {}) => {
    const clock = { now: 0 };
    const replays = createReplays({
      entries: 2,
      bytes: 1e6,
      keepMs: 1000,
      now: () => clock.now,
      ...options,
    });
    const ask = async (key: string) =>
      (await replays.once(key, 'body', async () => answerResponse('a'), FREE)).isReplay;
    return { clock, replays, ask };
  };

  it('are forgotten after their time', async () => {
    const { clock, ask } = setUp();
    expect([await ask('a'), await ask('a')]).toEqual([false, true]);
    clock.now = 1000;
    expect(await ask('a')).toBe(false);
  });

  it('drop the least recently used over the number of entries', async () => {
    const { ask } = setUp();
    for (const key of ['a', 'b', 'a', 'c']) await ask(key);
    expect([await ask('a'), await ask('b')]).toEqual([true, false]);
  });

  it('drop the oldest over the number of bytes', async () => {
    const { ask } = setUp({ entries: 100, bytes: 1500 });
    await ask('a');
    await ask('b');
    await ask('c');
    expect([await ask('c'), await ask('a')]).toEqual([true, false]);
  });

  it('start again for a waiting twin when the first caller gives up', async () => {
    const { replays } = setUp();
    const first = replays.once(
      'a',
      'body',
      async () => {
        await sleep(20);
        throw new KakehashiError('cancelled', 'gone');
      },
      FREE,
    );
    const twins = [1, 2].map(() =>
      replays.once('a', 'body', async () => answerResponse('again'), FREE),
    );
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    const answers = await Promise.all(twins);
    expect(answers.map(({ isReplay }) => isReplay)).toEqual([false, true]);
  });

  it('let a waiting twin leave', async () => {
    const { replays } = setUp();
    const caller = new AbortController();
    const first = replays.once(
      'a',
      'body',
      async () => {
        await sleep(50);
        return answerResponse('late');
      },
      FREE,
    );
    const twin = replays.once('a', 'body', async () => answerResponse('x'), caller.signal);
    caller.abort();
    await expect(twin).rejects.toMatchObject({ code: 'cancelled' });
    expect((await first).isReplay).toBe(false);
  });
});
