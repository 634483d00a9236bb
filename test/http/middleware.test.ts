import { describe, expect, it } from 'vitest';
import { testApp } from './test-app.js';

describe('request id', () => {
  it('keeps a good one and echoes it', async () => {
    const { app, lines } = testApp();
    const response = await app.request('/about', { headers: { 'X-Request-Id': 'trace-1.a_B' } });
    expect(response.headers.get('x-request-id')).toBe('trace-1.a_B');
    expect(lines).toMatchObject([{ request_id: 'trace-1.a_B', route: '/about', status: 200 }]);
  });

  it.each(['has space', 'a'.repeat(129), '<script>', ''])('replaces "%s"', async (id) => {
    const { app } = testApp();
    const response = await app.request('/about', { headers: { 'X-Request-Id': id } });
    expect(response.headers.get('x-request-id')).toMatch(/^00000000-/u);
  });
});

describe('security headers', () => {
  it.each(['/about', '/nothing', '/healthz'])('stand on %s', async (path) => {
    const { app } = testApp();
    const { headers } = await app.request(path);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
        "connect-src 'self'; frame-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('Host', () => {
  it.each(['localhost', 'localhost:3210', '127.0.0.1:3210', '[::1]:3210', 'LOCALHOST'])(
    'is accepted as %s',
    async (host) => {
      const { app } = testApp();
      expect((await app.request('/about', { headers: { Host: host } })).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example:3210',
    '127.0.0.1.evil.example',
    '127.0.0.1:3210@evil.example',
    '[::1].evil.example',
    '[::2]',
    '',
  ])('is refused as "%s"', async (host) => {
    const { app, answerer } = testApp();
    const response = await app.request('/documents/a/b', { headers: { Host: host } });
    expect(response.status).toBe(421);
    expect(answerer.documents).toEqual([]);
  });

  it('may be a name that the set-up allows', async () => {
    const { app } = testApp({}, { allowedHosts: ['kb.example'] });
    expect((await app.request('/about', { headers: { Host: 'kb.example' } })).status).toBe(200);
    expect((await app.request('/about', { headers: { Host: 'localhost' } })).status).toBe(421);
  });
});

describe('Origin', () => {
  const cases: [Record<string, string>, number][] = [
    [{}, 200],
    [{ Origin: 'http://localhost:3210' }, 200],
    [{ Origin: 'http://localhost:3000' }, 403],
    [{ Origin: 'https://evil.example' }, 403],
    [{ Origin: 'null' }, 403],
    [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost:3210' }, 200],
    [{ 'Sec-Fetch-Site': 'none' }, 200],
    [{ 'Sec-Fetch-Site': 'same-site' }, 403],
    [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
  ];
  it.each(cases)('of a POST %o gives %i', async (headers, status) => {
    const { post, answerer } = testApp();
    const response = await post(
      '/answer',
      { question: 'leave?' },
      { Host: 'localhost:3210', ...headers },
    );
    expect(response.status).toBe(status);
    expect(answerer.calls.length).toBe(status === 200 ? 1 : 0);
  });
});

describe('log', () => {
  it('tells what was decided', async () => {
    const { post, lines } = testApp();
    await post('/answer', { question: 'leave?' });
    expect(lines).toMatchObject([
      {
        key_id: 'local',
        method: 'POST',
        route: '/answer',
        status: 200,
        outcome: 'answered',
        decision: 'retrieve',
        adapter: null,
        index_version: 'handbook@7',
        tokens: 3,
      },
    ]);
  });

  it('never holds what was asked, on no route and in no outcome', async () => {
    const canary = 'CANARY-8c1f';
    const fail = new Error(`cannot read\n    at ${canary}`);
    const { app, post, lines } = testApp({ failEarly: fail, fail });
    const good = testApp();
    for (const send of [post, good.post]) {
      await send('/answer', { question: canary });
      await (await send('/answer', { question: canary, stream: true })).text();
      await send('/answer', { question: canary, [canary]: 1, adapter: canary });
      await send('/answer', `{"question": "${canary}`);
      await send('/answer', { question: canary }, { 'Idempotency-Key': canary });
      await send('/search', { query: canary });
      await send('/feedback', { answer_id: crypto.randomUUID(), helpful: true, comment: canary });
      await send(`/${canary}`, canary);
    }
    for (const target of [app, good.app]) {
      await target.request(`/documents/handbook/${canary}`);
      await target.request(`/documents/${canary}/x?revision=${canary}`);
      await target.request(`/nothing/${canary}?q=${canary}`);
      await target.request('/about', { headers: { 'X-Request-Id': `${canary} `.repeat(40) } });
      await target.request('/about', { headers: { Host: canary, Origin: canary } });
    }
    expect(lines.length + good.lines.length).toBe(26);
    expect(JSON.stringify([lines, good.lines])).not.toContain(canary);
  });
});
