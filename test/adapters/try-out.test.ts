import { describe, expect, it } from 'vitest';
import { tryOut } from '../../src/adapters/try-out.js';
import { createFakeEngine, type FakeAnswer } from '../../src/engine/fake.js';
import { KakehashiError } from '../../src/errors.js';

/** An engine whose adapter answers as `adapted` says; the base says what day it is. */
function engineWith(adapted: () => FakeAnswer) {
  return createFakeEngine({
    adapters: ['tiny'],
    answer: ({ adapter }) =>
      adapter === null
        ? { text: 'Tuesday.', optionProbabilities: [0.1, 0.2, 0.3, 0.1] }
        : adapted(),
  });
}

describe('tryOut', () => {
  it('passes an adapter that changes the chances and says something, and closes its engine', async () => {
    const engine = engineWith(() => ({
      text: 'Tuesday it is.',
      optionProbabilities: [0.4, 0.2, 0.3, 0.1],
    }));
    const { base, adapter } = await tryOut('tiny', { open: () => engine });
    expect([base[0], adapter[0]]).toEqual([0.1, 0.4]);
    expect(engine.state()).toBe('closed');
  });

  const faults: Record<string, [FakeAnswer, RegExp]> = {
    'gives chances that are no numbers': [
      { text: 'Tuesday.', optionProbabilities: [Number.NaN, 0, 0, 0] },
      /no numbers/u,
    ],
    'changes nothing': [
      { text: 'Tuesday.', optionProbabilities: [0.1, 0.2, 0.3, 0.1] },
      /changes nothing/u,
    ],
    'repeats itself': [
      { text: 'no no no', optionProbabilities: [0, 0, 0, 0], stopReason: 'repetition' },
      /for ever/u,
    ],
    'answers marks only': [{ text: '!!!!', optionProbabilities: [0, 0, 0, 0] }, /for ever/u],
  };
  for (const [fault, [answer, message]] of Object.entries(faults)) {
    it(`refuses an adapter that ${fault}`, async () => {
      const tried = tryOut('tiny', { open: () => engineWith(() => answer) });
      await expect(tried).rejects.toMatchObject({
        code: 'adapter.invalid',
        message: expect.stringMatching(message),
      });
    });
  }

  it('blames the adapter for a process that it killed', async () => {
    const engine = engineWith(() => {
      throw new KakehashiError('engine.crashed', 'The model process ended.');
    });
    await expect(tryOut('tiny', { open: () => engine })).rejects.toMatchObject({
      code: 'adapter.invalid',
      message: expect.stringContaining('killed the process'),
    });
    expect(engine.state()).toBe('closed');
  });

  it('leaves a cancelled try-out to whoever cancelled it', async () => {
    const stop = new AbortController();
    stop.abort();
    const engine = engineWith(() => ({ text: 'x' }));
    await expect(tryOut('tiny', { open: () => engine, signal: stop.signal })).rejects.toMatchObject(
      { code: 'cancelled' },
    );
  });
});
