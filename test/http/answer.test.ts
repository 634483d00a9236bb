import { describe, expect, it } from 'vitest';
import { KakehashiError } from '../../src/errors.js';
import { AnswerResponse, Problem } from '../../src/schemas.js';
import { ANSWER_ID } from './fake-answerer.js';
import { parseEvents, testApp } from './test-app.js';

const QUESTION = { question: 'How many days of leave?' };

describe('POST /answer', () => {
  it('answers in JSON', async () => {
    const { post } = testApp();
    const response = await post('/answer', QUESTION);
    expect(response.status).toBe(200);
    expect(AnswerResponse.parse(await response.json()).answer).toBe('Ten days [1].');
  });

  it('streams decision, passages, words, citations and ends in done', async () => {
    const { post } = testApp();
    const response = await post('/answer', { ...QUESTION, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = parseEvents(await response.text());
    expect(events.map(({ event }) => event)).toEqual([
      'decision',
      'passages',
      'delta',
      'delta',
      'delta',
      'citations',
      'done',
    ]);
    expect(AnswerResponse.parse(events.at(-1)?.data).id).toBe(ANSWER_ID);
  });

  it('ends a stream in error when the answer fails after its first word', async () => {
    const { post, lines } = testApp({
      failLate: new KakehashiError('engine.crashed', 'The model stopped under this answer.'),
    });
    const response = await post('/answer', { ...QUESTION, stream: true });
    expect(response.status).toBe(200);
    const events = parseEvents(await response.text());
    expect(events.at(-1)?.event).toBe('error');
    expect(Problem.parse(events.at(-1)?.data)).toMatchObject({
      code: 'engine.crashed',
      status: 503,
      request_id: response.headers.get('x-request-id'),
    });
    expect(lines).toMatchObject([{ status: 503, code: 'engine.crashed' }]);
  });

  it('answers a stream that fails before its first event with a plain problem', async () => {
    const { post, lines } = testApp();
    const response = await post('/answer', { ...QUESTION, corpora: ['missing'], stream: true });
    expect(response.status).toBe(404);
    expect(Problem.parse(await response.json()).code).toBe('corpus.not_found');
    expect(lines).toMatchObject([{ status: 404, code: 'corpus.not_found' }]);
  });

  it('begins a quiet stream with a heartbeat', async () => {
    const { post } = testApp({ startMs: 80 }, { limits: { heartbeatMs: 20 } });
    const response = await post('/answer', { ...QUESTION, stream: true });
    const text = await response.text();
    expect(text.startsWith(': still here\n\n')).toBe(true);
    expect(parseEvents(text).at(-1)?.event).toBe('done');
  });

  it('says when the model is busy and when to come back', async () => {
    const { post } = testApp({
      failEarly: new KakehashiError('engine.busy', '32 questions wait.', { remedy: 'Wait.' }),
    });
    const response = await post('/answer', QUESTION);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(Problem.parse(await response.json())).toMatchObject({ remedy: 'Wait.' });
  });

  it('refuses more requests at once than it has places for, and frees them', async () => {
    const { post } = testApp({ wordMs: 20 }, { limits: { concurrentRequests: 1 } });
    const [first, second] = await Promise.all([
      post('/answer', QUESTION),
      post('/answer', QUESTION),
    ]);
    expect([first.status, second.status]).toEqual([200, 503]);
    const stream = await post('/answer', { ...QUESTION, stream: true });
    expect((await post('/search', { query: 'leave' })).status).toBe(503);
    await stream.text();
    expect((await post('/search', { query: 'leave' })).status).toBe(200);
  });

  it('ends an answer that overruns its deadline, even if nobody below notices', async () => {
    const { post } = testApp({ startMs: 60_000 }, { limits: { deadlineGraceMs: 20 } });
    const startedAt = performance.now();
    const response = await post('/answer', { ...QUESTION, deadline_ms: 100 });
    expect(response.status).toBe(504);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('passes half a surrogate pair on as a replacement character', async () => {
    const { post } = testApp();
    const response = await post('/answer', '{"question":"leave \\ud83d?"}');
    expect(response.status).toBe(200);
  });
});
