import { describe, expect, it } from 'vitest';
import { KakehashiError } from '../../src/errors.js';
import { PUBLIC_ERRORS } from '../../src/http/errors.js';
import { Problem } from '../../src/schemas.js';
import { testApp } from './test-app.js';

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = Problem.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  return problem;
}

describe('problems', () => {
  it('names each wrong field and repeats no value', async () => {
    const { post } = testApp();
    const response = await post('/answer', {
      question: 5,
      corpora: ['ok', 'NOT OK'],
      max_tokens: 99_999,
      colour: 'crimson',
    });
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 400, code: 'request.invalid' });
    expect(problem.errors?.map((error) => error.path)).toEqual([
      'question',
      'corpora.1',
      'max_tokens',
      'colour',
    ]);
    expect(JSON.stringify(problem)).not.toMatch(/NOT OK|99999|crimson/u);
  });

  it.each([
    ['broken JSON', '{"question": "a', 400],
    ['an empty body', '', 400],
    ['an array', '[]', 400],
    ['white space alone', '{"question": " \\u3000 "}', 400],
    ['a body over 64 KiB', JSON.stringify({ question: 'a'.repeat(70_000) }), 413],
  ])('refuses %s', async (_name, body, status) => {
    const { post, answerer } = testApp();
    const problem = await problemOf(await post('/answer', body));
    expect(problem.status).toBe(status);
    expect(answerer.calls).toEqual([]);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const { app } = testApp();
    const body = Buffer.concat([
      Buffer.from('{"question":"'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}'),
    ]);
    const headers = { 'Content-Type': 'application/json' };
    const response = await app.request('/answer', { method: 'POST', headers, body });
    expect((await problemOf(response)).detail).toContain('UTF-8');
  });

  it('stops reading a body of unknown length at the limit', async () => {
    const { app } = testApp();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
    });
    const request = new Request('http://localhost/answer', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit);
    expect((await problemOf(await app.request(request))).code).toBe('request.too_large');
    expect(sent).toBeLessThan(200_000);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'refuses content type "%s"',
    async (type) => {
      const { post } = testApp();
      const response = await post('/answer', { question: 'a' }, { 'Content-Type': type });
      expect(await problemOf(response)).toMatchObject({ status: 415, code: 'request.invalid' });
    },
  );

  it('accepts a charset beside the content type', async () => {
    const { post } = testApp();
    const type = { 'Content-Type': 'application/json; charset=utf-8' };
    expect((await post('/answer', { question: 'a' }, type)).status).toBe(200);
  });

  it('says that an address does not exist', async () => {
    const { app } = testApp();
    const problem = await problemOf(await app.request('/nothing'));
    expect(problem).toMatchObject({ status: 404, code: 'route.not_found' });
  });

  it('says which method an address takes', async () => {
    const { app } = testApp();
    const response = await app.request('/answer');
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'route.not_found' });
    expect(response.headers.get('allow')).toBe('POST');
    const documents = await app.request('/documents/handbook/leave', { method: 'DELETE' });
    expect(documents.headers.get('allow')).toBe('GET');
  });

  it('keeps the text of an unexpected error inside', async () => {
    const { app, lines } = testApp({ fail: new TypeError('secret of /root/data') });
    const response = await app.request('/about');
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify([problem, lines])).not.toContain('secret');
    expect(lines).toMatchObject([{ code: 'internal', error: 'TypeError' }]);
    expect(lines[0]?.['stack']).toContain('problems.test');
  });

  it('answers with a problem even when something other than an error was thrown', async () => {
    const { app } = testApp({}, { readiness: () => Promise.reject('a string') });
    expect((await problemOf(await app.request('/readyz'))).code).toBe('internal');
  });

  it('asks for a key when the caller is unknown', async () => {
    const principalOf = () => {
      throw new KakehashiError('auth.required', 'No key was sent.');
    };
    const { app } = testApp({}, { principalOf });
    const response = await app.request('/about');
    expect((await problemOf(response)).status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('gives each code a status that is an error, and Retry-After to each 503', () => {
    const wrong = Object.entries(PUBLIC_ERRORS).filter(
      ([, known]) => known.status < 400 || 'retryAfter' in known !== (known.status === 503),
    );
    expect(wrong).toEqual([]);
  });
});
