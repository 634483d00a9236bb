import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { createFakeEngine } from '../../src/engine/fake.js';
import { createSwitchingEngine } from '../../src/engine/switching.js';
import { KakehashiError } from '../../src/errors.js';
import { describeEngine } from './contract.js';

const ask = (content: string) => ({
  messages: [{ role: 'user' as const, content }],
  adapter: null,
  maxTokens: 40,
});

const load = (engine: Engine, adapters: string[] = []) => ({ engine, adapters });
const SOON = { graceMs: 1 };

describeEngine('a switching engine', async () => ({
  engine: createSwitchingEngine(load(createFakeEngine({ adapters: ['one'] }), ['one'])),
  adapter: 'one',
  longTemperature: 0,
}));

describe('createSwitchingEngine', () => {
  it('ends answers under way on the old engine and gives new ones to the next', async () => {
    const old = createFakeEngine({ answer: () => 'a long old answer', tokenDelayMs: 20 });
    const next = createFakeEngine({ answer: () => 'new' });
    const engine = createSwitchingEngine(load(old), SOON);
    const underWay = engine.generate(ask('first'));
    await engine.switchTo(load(next));
    expect(old.state()).toBe('ready');
    expect((await engine.generate(ask('second'))).text).toBe('new');
    expect((await underWay).text).toBe('a long old answer');
    await sleep(20);
    expect(old.state()).toBe('closed');
  });

  it('still gives the old engine what was decided for an adapter that only it holds', async () => {
    const open = (name: string) => createFakeEngine({ adapters: [name], answer: () => name });
    const engine = createSwitchingEngine(load(open('v1'), ['v1']));
    await engine.switchTo(load(open('v2'), ['v2']));
    expect((await engine.generate({ ...ask('late'), adapter: 'v1' })).text).toBe('v1');
    expect((await engine.generate({ ...ask('new'), adapter: 'v2' })).text).toBe('v2');
    await engine.close();
  });

  it('loses no answer of many while it switches again and again', async () => {
    const open = () => createFakeEngine({ answer: () => 'said in full', tokenDelayMs: 1 });
    const engine = createSwitchingEngine(load(open()), SOON);
    const answers: Promise<{ text: string }>[] = [];
    for (let round = 0; round < 10; round++) {
      for (let at = 0; at < 5; at++) answers.push(engine.generate(ask(`${round} ${at}`)));
      await engine.switchTo(load(open()));
    }
    expect(new Set((await Promise.all(answers)).map(({ text }) => text))).toEqual(
      new Set(['said in full']),
    );
    await engine.close();
  });

  it('keeps the old engine when the next does not become ready, and closes the next', async () => {
    const engine = createSwitchingEngine(load(createFakeEngine({ answer: () => 'old' })));
    const broken = createFakeEngine();
    const next = {
      ...broken,
      ready: () =>
        Promise.reject(new KakehashiError('adapter.invalid', 'The adapter does not load.')),
    };
    await expect(engine.switchTo(load(next))).rejects.toMatchObject({ code: 'adapter.invalid' });
    expect(broken.state()).toBe('closed');
    expect((await engine.generate(ask('still there?'))).text).toBe('old');
  });

  it('lets no engine in after it was closed', async () => {
    const engine = createSwitchingEngine(load(createFakeEngine()));
    await engine.close();
    const next = createFakeEngine();
    await expect(engine.switchTo(load(next))).rejects.toMatchObject({ code: 'engine.unavailable' });
    expect(next.state()).toBe('closed');
  });
});
