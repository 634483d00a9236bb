import { describe, expect, it } from 'vitest';
import { createFakeEngine } from '../../src/engine/fake.js';
import { createSwitchingEngine } from '../../src/engine/switching.js';
import { KakehashiError } from '../../src/errors.js';
import { describeEngine } from './contract.js';

const ask = (content: string) => ({
  messages: [{ role: 'user' as const, content }],
  adapter: null,
  maxTokens: 40,
});

describeEngine('a switching engine', async () => ({
  engine: createSwitchingEngine(createFakeEngine({ adapters: ['one'] })),
  adapter: 'one',
  longTemperature: 0,
}));

describe('createSwitchingEngine', () => {
  it('ends answers under way on the old engine and gives new ones to the next', async () => {
    const old = createFakeEngine({ answer: () => 'a long old answer', tokenDelayMs: 20 });
    const next = createFakeEngine({ answer: () => 'new' });
    const engine = createSwitchingEngine(old);
    const underWay = engine.generate(ask('first'));
    await engine.switchTo(next);
    expect(old.state()).toBe('ready');
    expect((await engine.generate(ask('second'))).text).toBe('new');
    expect((await underWay).text).toBe('a long old answer');
    expect(old.state()).toBe('closed');
  });

  it('loses no answer of many while it switches again and again', async () => {
    const open = () => createFakeEngine({ answer: () => 'said in full', tokenDelayMs: 1 });
    const engine = createSwitchingEngine(open());
    const answers: Promise<{ text: string }>[] = [];
    for (let round = 0; round < 10; round++) {
      for (let at = 0; at < 5; at++) answers.push(engine.generate(ask(`${round} ${at}`)));
      await engine.switchTo(open());
    }
    expect(new Set((await Promise.all(answers)).map(({ text }) => text))).toEqual(
      new Set(['said in full']),
    );
    await engine.close();
  });

  it('keeps the old engine when the next does not become ready, and closes the next', async () => {
    const engine = createSwitchingEngine(createFakeEngine({ answer: () => 'old' }));
    const broken = createFakeEngine();
    const next = {
      ...broken,
      ready: () =>
        Promise.reject(new KakehashiError('adapter.invalid', 'The adapter does not load.')),
    };
    await expect(engine.switchTo(next)).rejects.toMatchObject({ code: 'adapter.invalid' });
    expect(broken.state()).toBe('closed');
    expect((await engine.generate(ask('still there?'))).text).toBe('old');
  });

  it('lets no engine in after it was closed', async () => {
    const engine = createSwitchingEngine(createFakeEngine());
    await engine.close();
    const next = createFakeEngine();
    await expect(engine.switchTo(next)).rejects.toMatchObject({ code: 'engine.unavailable' });
    expect(next.state()).toBe('closed');
  });
});
