import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSlots } from '../../src/store/slots.js';

describe('createSlots', () => {
  it('never runs more at once than it has slots, and runs everything once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 20 }),
        async (slots, jobs) => {
          const run = createSlots(slots, 100);
          let running = 0;
          let most = 0;
          const done = await Promise.all(
            Array.from({ length: jobs }, (_, i) =>
              run(async () => {
                most = Math.max(most, ++running);
                await sleep(i % 3);
                running--;
                return i;
              }),
            ),
          );
          expect(done).toEqual(Array.from({ length: jobs }, (_, i) => i));
          expect(most).toBeLessThanOrEqual(slots);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses when the line is full and frees the slot after a failure', async () => {
    const run = createSlots(1, 1);
    let fail = (_error: Error) => {};
    const first = run(() => new Promise((_, reject) => (fail = reject)));
    const second = run(() => Promise.resolve('second'));
    await expect(run(() => Promise.resolve())).rejects.toMatchObject({ code: 'engine.busy' });
    fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    expect(await second).toBe('second');
  });

  it('leaves the line, or its running work, when the caller gives up', async () => {
    const run = createSlots(1, 5);
    let finish = () => {};
    const caller = new AbortController();
    const running = run(() => new Promise<void>((resolve) => (finish = resolve)), caller);
    const waiting = run(() => Promise.resolve('never'), caller);
    const patient = run(() => Promise.resolve('patient'));
    caller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await expect(run(() => Promise.resolve(), caller)).rejects.toMatchObject({ code: 'cancelled' });
    finish();
    expect(await patient).toBe('patient');
  });
});
