/** What every engine and every embedder must do, run on the fakes and on real child processes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder, Engine } from '../../src/engine/engine.js';

export type EngineCase = {
  engine: Engine;
  /** An adapter the engine holds. */
  adapter: string;
  /** Temperature at which answers are long enough to be interrupted. */
  longTemperature: number;
};

const SYSTEM = { role: 'system' as const, content: 'あなたは案内係です。Answer briefly. 🙂' };
const ask = (content: string) => [SYSTEM, { role: 'user' as const, content }];
const LONG = ask('tell me everything about everything and much more '.repeat(8));

export function describeEngine(name: string, open: () => Promise<EngineCase>): void {
  describe(`${name} as an engine`, () => {
    let own: EngineCase;
    beforeAll(async () => {
      own = await open();
    });
    afterAll(() => own.engine.close());

    it('says what it runs', async () => {
      const info = await own.engine.ready();
      expect(info.adapters).toContain(own.adapter);
      expect(info.model.sha256).toMatch(/^[0-9a-f]{64}$/u);
      expect(own.engine.state()).toBe('ready');
    });

    it('streams exactly the text it returns', async () => {
      const pieces: string[] = [];
      const answer = await own.engine.generate(
        { messages: LONG, adapter: null, maxTokens: 40 },
        { onText: (text) => pieces.push(text) },
      );
      expect(pieces.join('')).toBe(answer.text);
      expect(answer.text).not.toBe('');
      expect(answer.completionTokens).toBeLessThanOrEqual(40);
      expect(answer.completionTokens).toBeGreaterThan(0);
    });

    it('counts the prompt it reads', async () => {
      const messages = ask('how many tokens? 何個ですか');
      const counted = await own.engine.countTokens(messages);
      const { promptTokens } = await own.engine.generate({ messages, adapter: null, maxTokens: 1 });
      expect(counted).toBe(promptTokens);
    });

    it('evaluates a repeated prompt hardly at all', async () => {
      const request = { messages: ask('Repeat this word: horse'), adapter: null, maxTokens: 3 };
      const first = await own.engine.generate(request);
      const second = await own.engine.generate(request);
      expect(second.promptTokens).toBe(first.promptTokens);
      expect(second.promptTokens - second.cachedTokens).toBeLessThanOrEqual(2);
      expect(second.text).toBe(first.text);
    });

    it('reports option probabilities before the first word and obeys the gate', async () => {
      const events: string[] = [];
      const answer = await own.engine.generate(
        {
          messages: ask('may I?'),
          adapter: null,
          maxTokens: 5,
          options: ['UNKNOWN', 'a', 'はい'],
          afterPrefill: (report) => {
            events.push('report');
            expect(report.optionProbabilities).toHaveLength(3);
            const sum = report.optionProbabilities.reduce((total, value) => total + value, 0);
            expect(sum).toBeLessThanOrEqual(1.0001);
            expect(Math.min(...report.optionProbabilities)).toBeGreaterThanOrEqual(0);
            return 'stop';
          },
        },
        { onText: () => events.push('text') },
      );
      expect(events).toEqual(['report']);
      expect(answer).toMatchObject({ stopReason: 'gated', text: '', completionTokens: 0 });
    });

    it('tells how likely whole answers are and then answers as if nobody had asked', async () => {
      const messages = ask('Repeat this word: river');
      const plain = await own.engine.generate({ messages, adapter: null, maxTokens: 6 });
      const compared = await own.engine.generate({
        messages,
        adapter: null,
        maxTokens: 6,
        answers: ['はい、そうです', 'no', 'a long answer of many words'],
      });
      expect(compared.answerLogProbabilities).toHaveLength(3);
      expect(Math.max(...compared.answerLogProbabilities)).toBeLessThanOrEqual(0);
      expect(Math.min(...compared.answerLogProbabilities)).toBeGreaterThanOrEqual(-1000);
      expect(compared.text).toBe(plain.text);
    });

    it('goes on after the gate', async () => {
      const answer = await own.engine.generate({
        messages: ask('go on'),
        adapter: null,
        maxTokens: 4,
        afterPrefill: () => 'continue',
      });
      expect(answer.completionTokens).toBeGreaterThan(0);
    });

    it('stops at maxTokens', async () => {
      const request = { messages: LONG, adapter: null, maxTokens: 2 };
      const answer = await own.engine.generate(request);
      expect(answer).toMatchObject({ stopReason: 'max_tokens', completionTokens: 2 });
    });

    it('refuses what does not fit, with the numbers', async () => {
      const { contextTokens } = await own.engine.ready();
      const messages = ask('long '.repeat(contextTokens));
      await expect(
        own.engine.generate({ messages, adapter: null, maxTokens: 8 }),
      ).rejects.toMatchObject({
        code: 'engine.prompt_too_long',
        detail: { contextTokens, maxTokens: 8 },
      });
    });

    it('uses the full context to its last token', async () => {
      const { contextTokens } = await own.engine.ready();
      const messages = ask('edge');
      const promptTokens = await own.engine.countTokens(messages);
      const maxTokens = contextTokens - promptTokens;
      const request = {
        messages,
        adapter: null,
        options: ['a'],
        afterPrefill: () => 'stop' as const,
      };
      await own.engine.generate({ ...request, maxTokens });
      await expect(
        own.engine.generate({ ...request, maxTokens: maxTokens + 1 }),
      ).rejects.toMatchObject({ code: 'engine.prompt_too_long' });
    });

    it('knows its adapters', async () => {
      const messages = ask('who?');
      await own.engine.generate({ messages, adapter: own.adapter, maxTokens: 2 });
      await expect(
        own.engine.generate({ messages, adapter: 'nobody', maxTokens: 2 }),
      ).rejects.toMatchObject({ code: 'adapter.not_found' });
    });

    it('stops when the caller gives up, and serves the next', async () => {
      const abort = new AbortController();
      let texts = 0;
      const answer = own.engine.generate(
        { messages: LONG, adapter: null, maxTokens: 500, temperature: own.longTemperature },
        {
          signal: abort.signal,
          onText: () => {
            texts += 1;
            abort.abort();
          },
        },
      );
      await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
      expect(texts).toBe(1);
      await own.engine.generate({ messages: ask('next'), adapter: null, maxTokens: 1 });
    });

    it('does not start what was given up before', async () => {
      await expect(
        own.engine.generate(
          { messages: LONG, adapter: null, maxTokens: 5 },
          { signal: AbortSignal.abort() },
        ),
      ).rejects.toMatchObject({ code: 'cancelled' });
    });

    it('tells a time limit from a cancellation', async () => {
      await expect(
        own.engine.generate(
          { messages: LONG, adapter: null, maxTokens: 500, temperature: own.longTemperature },
          { signal: AbortSignal.timeout(5) },
        ),
      ).rejects.toMatchObject({ code: 'deadline.exceeded' });
    });

    it('works on many questions at once, each as if alone', async () => {
      const options = ['one', 'two', 'three', 'four', 'five', 'six'];
      const ofOne = async (question: string) =>
        own.engine.generate({ messages: ask(question), adapter: null, maxTokens: 6, options });
      const together = await Promise.all(options.map(ofOne));
      for (const [index, question] of options.entries()) {
        const alone = await ofOne(question);
        // Chances and not the words: sums of a batch round otherwise, and a near tie turns.
        for (const [at, chance] of alone.optionProbabilities.entries()) {
          expect(together[index]?.optionProbabilities[at]).toBeCloseTo(chance, 1);
        }
      }
    });

    it('refuses work once closed', async () => {
      await own.engine.close();
      expect(own.engine.state()).toBe('closed');
      await expect(
        own.engine.generate({ messages: ask('late'), adapter: null, maxTokens: 1 }),
      ).rejects.toMatchObject({ code: 'engine.unavailable' });
    });
  });
}

export function describeEmbedder(name: string, open: () => Promise<Embedder>): void {
  describe(`${name} as an embedder`, () => {
    let embedder: Embedder;
    beforeAll(async () => {
      embedder = await open();
    });
    afterAll(() => embedder.close());

    it('gives unit vectors of the stated length in the order of the texts', async () => {
      const { dimensions } = await embedder.ready();
      const texts = ['hello world', '有給休暇は何日ですか', 'hello world'];
      const [first, second, third] = await embedder.embed(texts, 'passage');
      for (const vector of [first, second, third]) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(dimensions);
        expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1, 4);
      }
      expect([...(third ?? [])]).toEqual([...(first ?? [])]);
      expect([...(second ?? [])]).not.toEqual([...(first ?? [])]);
    });

    it('sees half-width and full-width letters as the same', async () => {
      const [half, full] = await embedder.embed(['ｶﾀｶﾅ', 'カタカナ'], 'query');
      expect([...(half ?? [])]).toEqual([...(full ?? [])]);
    });

    it('refuses an empty text', async () => {
      await expect(embedder.embed(['fine', ' \u3000'], 'query')).rejects.toMatchObject({
        code: 'request.invalid',
        detail: { index: 1 },
      });
    });

    it('refuses a text over its limit and takes one at it', async () => {
      const { maxTokens } = await embedder.ready();
      const atLimit = await longest(embedder, maxTokens);
      await embedder.embed([atLimit], 'passage');
      await expect(embedder.embed([`${atLimit}あああ`], 'passage')).rejects.toMatchObject({
        code: 'engine.prompt_too_long',
        detail: { maxTokens },
      });
    });

    it('takes an empty list', async () => {
      expect(await embedder.embed([], 'query')).toEqual([]);
    });

    it('stops when the caller gives up', async () => {
      await expect(
        embedder.embed(['late'], 'query', { signal: AbortSignal.abort() }),
      ).rejects.toMatchObject({ code: 'cancelled' });
    });

    it('refuses work once closed', async () => {
      await embedder.close();
      await expect(embedder.embed(['late'], 'query')).rejects.toMatchObject({
        code: 'engine.unavailable',
      });
    });
  });
}

/** A text of exactly `maxTokens` tokens. */
async function longest(embedder: Embedder, maxTokens: number): Promise<string> {
  const candidates = Array.from({ length: maxTokens }, (_, index) => 'あ'.repeat(index + 1));
  const counts = await embedder.countTokens(candidates);
  const fits = candidates.filter((_, index) => (counts[index] ?? 0) <= maxTokens);
  return fits.at(-1) ?? '';
}
