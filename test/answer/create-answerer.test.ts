import { describe, expect, it } from 'vitest';
import type { AnswerEvent } from '../../src/answer/answerer.js';
import {
  type AnswererNeeds,
  type AnswerRecord,
  createAnswerer,
} from '../../src/answer/create-answerer.js';
import type { Turn } from '../../src/answer/understand.js';
import { DEFAULT_RULE } from '../../src/decision/default-rule.js';
import type { ConsideredArm, Policy } from '../../src/decision/policy.js';
import { rulePolicy } from '../../src/decision/rule.js';
import { createFakeEngine, type FakeAnswer } from '../../src/engine/fake.js';
import { KakehashiError } from '../../src/errors.js';
import type { Hit, Search } from '../../src/retrieval/search.js';
import { AnswerRequest, AnswerResponse } from '../../src/schemas.js';
import type { Principal } from '../../src/store/passage.js';
import { hit, text } from './fixtures.js';

const everyone: Principal = { id: 'p', access: ['group:everyone'], readsAll: false };

type World = {
  answer?: string | FakeAnswer | Error;
  tokenDelayMs?: number;
  hits?: Hit[];
  lastTurn?: Turn;
  contextTokens?: number;
  general?: number;
  adapterAccess?: string[][];
  answerSchema?: Record<string, unknown>;
  byName?: boolean;
  policy?: Policy;
};

function world(options: World = {}) {
  const searched: Parameters<Search>[0][] = [];
  const records: AnswerRecord[] = [];
  const turns: { id: string; turn: Turn }[] = [];
  const engine = createFakeEngine({
    adapters: ['grounded'],
    contextTokens: options.contextTokens ?? 2048,
    tokenDelayMs: options.tokenDelayMs ?? 0,
    answer: () => {
      if (options.answer instanceof Error) throw options.answer;
      return options.answer ?? 'The limit for a hotel in Osaka is 11,000 yen a night. [1]';
    },
  });
  let ids = 0;
  const needs: AnswererNeeds = {
    original: async () => {
      throw new Error('not asked for');
    },
    search: async (request) => {
      searched.push(request);
      return {
        hits: options.hits ?? [hit()],
        index: [{ corpus: 'handbook', version: 7 }],
        questionEmbedding: new Float32Array(4),
        questionTokens: text.contentTokens(request.query),
        timingsMs: { embed: 1, search: 2 },
        degraded: null,
      };
    },
    engine,
    corpora: async () => [
      {
        name: 'handbook',
        title: { ja: '社内規程', en: 'Handbook' },
        contact: { ja: '総務部', en: 'General Affairs' },
      },
    ],
    adapters: () => [
      {
        name: 'grounded',
        needsPassages: true,
        engineName: 'grounded',
        instruction: null,
        answerSchema: options.answerSchema ?? null,
        byName: options.byName ?? false,
        ref: { name: 'grounded', version: '1', sha256: 'a'.repeat(64) },
        access: options.adapterAccess ?? [['group:everyone']],
      },
    ],
    affinities: () => ({
      general: options.general ?? 0.78,
      company: 0.88,
      adapters: { grounded: 0.78 },
    }),
    policy: () => options.policy ?? rulePolicy(DEFAULT_RULE),
    text,
    linePrefix: 'q7| ',
    random: () => 0.99,
    settings: {
      passages: 4,
      risk: 0.5,
      exploration: 0,
      contextTokens: options.contextTokens ?? 2048,
    },
    conversations: {
      lastTurn: () => options.lastTurn ?? null,
      append: (id, _principal, turn) => turns.push({ id, turn }),
    },
    record: (record) => records.push(record),
    document: async () => Promise.reject(new Error('not asked')),
    adapter: () => Promise.reject(new Error('not asked')),
    feedback: async () => undefined,
    about: async () => Promise.reject(new Error('not asked')),
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    clock: () => performance.now(),
  };
  return { answerer: createAnswerer(needs), engine, searched, records, turns };
}

const request = (fields: Partial<AnswerRequest> = {}) =>
  AnswerRequest.parse({ question: 'What is the hotel limit in Osaka?', ...fields });

const considered = (arm: ConsideredArm['arm'], value: number) => ({
  arm,
  adapter: arm === 'both' ? 'grounded' : null,
  pGood: value,
  pWrong: 0,
  cost: 0,
  value,
});
/** Reads first, withholds whatever was read, and may answer without documents. */
const readsInVain: Policy = {
  version: 'in-vain',
  weigh: () => ({
    considered: [considered('both', 0.9), considered('direct', 0.4), considered('abstain', 0.1)],
    pAnswerable: 0.9,
    pGeneral: 0.1,
  }),
  gate: ({ arm }) => ({ passes: arm === 'direct', sure: null, wanted: null }),
};

describe('createAnswerer', () => {
  it('takes a second look when the draft is withheld, once, and says so', async () => {
    const { answerer, engine } = world({ policy: readsInVain, answer: 'Four.' });
    const events: AnswerEvent[] = [];
    const response = await answerer.answer(request(), everyone, {
      onEvent: (event) => events.push(event),
    });
    expect(response).toMatchObject({
      outcome: 'answered',
      answer: 'Four.',
      decision: { arm: 'direct', adapter: null, confidence: 0.4 },
    });
    expect(response.decision.evidence).toMatchObject({
      reading_arm: 'both',
      second_look: 'direct',
    });
    expect(response.decision.reasons).toHaveLength(2);
    expect(response.decision.reasons.at(-1)).toContain('without documents');
    expect(events.filter(({ event }) => event === 'decision')).toHaveLength(2);
    expect(response.usage.prompt_tokens).toBeGreaterThan(
      await engine.countTokens([{ role: 'user', content: 'What is the hotel limit in Osaka?' }]),
    );
  });

  it('keeps the silence it has when the second look runs past the deadline', async () => {
    const { answerer, records } = world({
      policy: readsInVain,
      answer: 'word '.repeat(200),
      tokenDelayMs: 20,
    });
    const response = await answerer.answer(request({ deadline_ms: 1000 }), everyone);
    expect(response).toMatchObject({ outcome: 'abstained', decision: { arm: 'abstain' } });
    expect(response.decision.reasons.join(' ')).not.toContain('is tried');
    expect(records).toHaveLength(1);
  });

  it('keeps the silence it has when the engine fails the second look', async () => {
    const { answerer, engine } = world({ policy: readsInVain, answer: 'Four.' });
    const generate = engine.generate.bind(engine);
    engine.generate = (asked, options) =>
      asked.adapter === null
        ? Promise.reject(new KakehashiError('engine.busy', 'Too many questions wait.'))
        : generate(asked, options);
    const response = await answerer.answer(request(), everyone);
    expect(response).toMatchObject({ outcome: 'abstained', decision: { arm: 'abstain' } });
  });

  it('gives up a second look when the caller does', async () => {
    const { answerer } = world({
      policy: readsInVain,
      answer: 'word '.repeat(200),
      tokenDelayMs: 20,
    });
    const caller = new AbortController();
    const answering = answerer.answer(request(), everyone, {
      signal: caller.signal,
      onEvent: ({ event }) => {
        if (event === 'delta') caller.abort();
      },
    });
    await expect(answering).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('decides by the risk that the request states', async () => {
    const risks: number[] = [];
    const noting: Policy = {
      ...readsInVain,
      weigh: (evidence) => {
        risks.push(evidence.risk);
        return readsInVain.weigh(evidence);
      },
    };
    const { answerer } = world({ policy: noting, answer: 'Four.' });
    await answerer.answer(request({ risk: 0.1 }), everyone);
    await answerer.answer(request(), everyone);
    expect(risks).toEqual([0.1, 0.5]);
  });

  it('says without reading that the stated risk could not be shown to be kept', async () => {
    const { answerer, engine } = world();
    const response = await answerer.answer(request({ risk: 0.1 }), everyone);
    expect(response).toMatchObject({ outcome: 'abstained', decision: { arm: 'abstain' } });
    expect(response.decision.reasons).toEqual([expect.stringContaining('10 %')]);
    expect(response.answer).toContain('has not been shown of this model yet');
    expect(engine.requests).toHaveLength(0);
    const forced = await answerer.answer(request({ risk: 0.1, mode: 'both' }), everyone);
    expect(forced.outcome).toBe('abstained');
    expect(forced.decision.reasons.at(-1)).toContain('10 %');
    expect(forced.answer).toContain('has not been shown of this model yet');
  });

  it('does not look twice at what was asked for by name', async () => {
    const { answerer } = world({ policy: readsInVain });
    const response = await answerer.answer(request({ mode: 'both' }), everyone);
    expect(response).toMatchObject({ outcome: 'abstained', decision: { arm: 'abstain' } });
  });

  it('answers from passages with a verified citation and a complete record', async () => {
    const { answerer, records, turns } = world();
    const response = AnswerResponse.parse(await answerer.answer(request(), everyone));
    expect(response).toMatchObject({
      outcome: 'answered',
      decision: { arm: 'both', adapter: { name: 'grounded' } },
      citations: [{ document_id: 'travel', verified: true }],
      index: [{ corpus: 'handbook', version: 7 }],
    });
    expect(records).toHaveLength(1);
    expect(turns[0]).toMatchObject({ id: response.conversation_id });
  });

  it('streams decision, passages, words and citations in this order', async () => {
    const { answerer } = world();
    const events: AnswerEvent[] = [];
    const response = await answerer.answer(request(), everyone, {
      onEvent: (event) => events.push(event),
    });
    const order = events.map(({ event }) => event).filter((name, i, all) => name !== all[i - 1]);
    expect(order).toEqual(['decision', 'passages', 'delta', 'citations']);
    const shown = events.map((e) => (e.event === 'delta' ? e.data.text : '')).join('');
    expect(shown.trim()).toBe(response.answer);
  });

  it('streams no link, image or card number that the answer may not hold', async () => {
    const { answerer } = world({
      answer:
        'The limit for a hotel in Osaka is 11,000 yen ![ok](https://evil.example/p.png?d=1) a night, ' +
        'see https://evil.example or pay with 4111 1111 1111 1111. [1]',
    });
    const events: AnswerEvent[] = [];
    const response = await answerer.answer(request(), everyone, {
      onEvent: (event) => events.push(event),
    });
    const shown = events.map((e) => (e.event === 'delta' ? e.data.text : '')).join('');
    expect(shown).toBe(
      'The limit for a hotel in Osaka is 11,000 yen  a night, see … or pay with ●●●●. [1]',
    );
    expect(response.answer).toBe(shown);
  });

  it('shows no word of an answer that the read-out withholds, and names contact and documents', async () => {
    const { answerer } = world({ answer: { text: 'Never shown.', optionProbabilities: [0.97] } });
    const events: AnswerEvent[] = [];
    const response = await answerer.answer(request(), everyone, {
      onEvent: (event) => events.push(event),
    });
    expect(response.outcome).toBe('abstained');
    expect(response.decision.arm).toBe('abstain');
    expect(response.decision.evidence['p_withheld']).toBe(0.97);
    expect(response.answer).toContain('General Affairs');
    expect(response.nearest).toMatchObject([{ document_id: 'travel' }]);
    expect(events.some(({ event }) => event === 'delta')).toBe(false);
  });

  it('shows no word of an answer that opens with the withholding word', async () => {
    const { answerer } = world({ answer: 'UNKNOWN The passages tell about Osaka only.' });
    const events: AnswerEvent[] = [];
    const response = await answerer.answer(request(), everyone, {
      onEvent: (event) => events.push(event),
    });
    expect(response.outcome).toBe('abstained');
    expect(events.some(({ event }) => event === 'delta')).toBe(false);
  });

  it('shows no word of a draft without the figure that was asked for, and says what is missing', async () => {
    const { answerer } = world({ answer: 'Ask the hotel desk in Osaka before you book. [1]' });
    const events: AnswerEvent[] = [];
    const response = await answerer.answer(
      request({ question: 'How much is the hotel limit in Osaka?' }),
      everyone,
      { onEvent: (event) => events.push(event) },
    );
    expect(response.outcome).toBe('abstained');
    expect(response.decision.evidence['draft_lacks_figure']).toBe(true);
    expect(response.decision.reasons.at(-1)).toContain('asks for a figure');
    expect(events.some(({ event }) => event === 'delta')).toBe(false);
  });

  it('abstains without asking the model when nothing was found', async () => {
    const { answerer, engine } = world({ hits: [] });
    const response = await answerer.answer(request(), everyone);
    expect(response).toMatchObject({ outcome: 'abstained', decision: { arm: 'abstain' } });
    expect(engine.requests).toHaveLength(0);
  });

  it('searches a follow-up both alone and joined to the turn before', async () => {
    const { answerer, searched } = world({
      lastTurn: { question: 'What is the hotel limit in Tokyo?', answer: '13,000 yen.' },
    });
    await answerer.answer(
      request({
        question: 'And in Osaka?',
        conversation_id: '00000000-0000-4000-8000-000000000099',
      }),
      everyone,
    );
    expect(searched[0]).toMatchObject({
      query: 'And in Osaka?',
      joinedQuery: 'What is the hotel limit in Tokyo? And in Osaka?',
    });
  });

  it('cuts a prompt that is too long by whole passages and says how many', async () => {
    const long = (id: string, score: number) =>
      hit({ documentId: id, score, text: `hotel limit osaka ${'word '.repeat(300)}` });
    const { answerer, engine } = world({
      hits: [long('a', 0.3), long('b', 0.2), long('c', 0.1)],
      contextTokens: 1100,
    });
    const response = await answerer.answer(request(), everyone);
    expect(response.decision.evidence['passages_dropped']).toBe(1);
    expect(engine.requests[0]?.messages[1]?.content).not.toContain('[3]');
  });

  it('refuses a question that leaves no room for a single passage', async () => {
    const { answerer } = world({ contextTokens: 300 });
    await expect(answerer.answer(request(), everyone)).rejects.toMatchObject({
      code: 'engine.prompt_too_long',
    });
  });

  it('reaches every arm when it is named', async () => {
    for (const mode of ['direct', 'retrieve', 'adapter', 'both'] as const) {
      const { answerer, engine } = world();
      const response = await answerer.answer(request({ mode }), everyone);
      expect(response.decision.arm).toBe(mode);
      const adapter = engine.requests[0]?.adapter;
      expect(adapter).toBe(mode === 'adapter' || mode === 'both' ? 'grounded' : null);
    }
  });

  it('does not consider an adapter whose training documents the caller may not read', async () => {
    const { answerer } = world({
      adapterAccess: [['group:everyone'], ['group:hr', 'group:legal']],
    });
    const response = await answerer.answer(request(), everyone);
    expect(response.decision.considered.every(({ adapter }) => adapter === null)).toBe(true);
    await expect(answerer.answer(request({ adapter: 'grounded' }), everyone)).rejects.toMatchObject(
      { code: 'adapter.not_found' },
    );
  });

  it('considers an adapter that is used by name only for those who name it', async () => {
    const { answerer } = world({ byName: true });
    const unasked = await answerer.answer(request(), everyone);
    expect(unasked.decision.considered.every(({ adapter }) => adapter === null)).toBe(true);
    const asked = await answerer.answer(request({ mode: 'both', adapter: 'grounded' }), everyone);
    expect(asked.decision).toMatchObject({ arm: 'both', adapter: { name: 'grounded' } });
  });

  it('returns the object of an adapter with a schema, and gives the schema to the engine', async () => {
    const answerSchema = { type: 'object', properties: { urgency: { type: 'string' } } };
    const { answerer, engine } = world({ answerSchema, answer: '{"urgency": "high"}\n' });
    const response = await answerer.answer(
      request({ mode: 'adapter', adapter: 'grounded' }),
      everyone,
    );
    expect(response).toMatchObject({
      outcome: 'answered',
      answer: '{"urgency": "high"}',
      structured: { urgency: 'high' },
    });
    expect(engine.requests[0]?.answerSchema).toEqual(answerSchema);
  });

  it('does not consider an adapter with a schema unless it is asked for by name', async () => {
    const { answerer } = world({ answerSchema: { type: 'object' }, answer: '{"urgency":1}' });
    const { decision } = await answerer.answer(request(), everyone);
    expect(decision.considered.every(({ adapter }) => adapter === null)).toBe(true);
    const named = await answerer.answer(
      request({ mode: 'adapter', adapter: 'grounded' }),
      everyone,
    );
    expect(named.structured).toEqual({ urgency: 1 });
  });

  it('lets an adapter that is named for its object read no passages unless it is told to', async () => {
    const { answerer } = world({ answerSchema: { type: 'object' }, answer: '{"urgency":1}' });
    const { decision } = await answerer.answer(request({ adapter: 'grounded' }), everyone);
    expect(decision.considered.map(({ arm }) => arm)).not.toContain('both');
    const told = await answerer.answer(request({ mode: 'both', adapter: 'grounded' }), everyone);
    expect(told.decision.arm).toBe('both');
  });

  it('withholds half an object and says why', async () => {
    const { answerer } = world({ answerSchema: { type: 'object' }, answer: '{"urgency": "hi' });
    const response = await answerer.answer(
      request({ mode: 'adapter', adapter: 'grounded' }),
      everyone,
    );
    expect(response).toMatchObject({ outcome: 'abstained', structured: null });
    expect(response.decision.reasons.at(-1)).toMatch(/cut off|途中で切れた/u);
  });

  it('names the known corpora when asked for one that is not there', async () => {
    const { answerer } = world();
    await expect(
      answerer.answer(request({ corpora: ['nowhere'] }), everyone),
    ).rejects.toMatchObject({ code: 'corpus.not_found', remedy: 'Known corpora: handbook.' });
  });

  it('keeps nothing of an answer whose engine died', async () => {
    const { answerer, records, turns } = world({ answer: new Error('died') });
    await expect(answerer.answer(request(), everyone)).rejects.toThrow();
    expect(records).toHaveLength(0);
    expect(turns).toHaveLength(0);
  });

  it('gives up when the caller does', async () => {
    const { answerer } = world();
    await expect(
      answerer.answer(request(), everyone, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('an answer of markers alone', () => {
  it('is no answer', async () => {
    const { answerer } = world({ answer: '[1] [2] [3] [4]' });
    expect((await answerer.answer(request(), everyone)).outcome).toBe('abstained');
  });
});
