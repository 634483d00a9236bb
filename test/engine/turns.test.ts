import { describe, expect, it } from 'vitest';
import { createTurns } from '../../src/engine/turns.js';

const none = new AbortController().signal;

describe('createTurns', () => {
  it('lets the urgent overtake and keeps order otherwise', async () => {
    const turns = createTurns({ queueLimit: 10 });
    const running = await turns.join().turn(false, none);
    const order: string[] = [];
    const take = async (name: string, urgent: boolean) => {
      const leave = await turns.join().turn(urgent, none);
      order.push(name);
      leave();
    };
    const all = [take('passage 1', false), take('passage 2', false), take('query', true)];
    running();
    await Promise.all(all);
    expect(order).toEqual(['query', 'passage 1', 'passage 2']);
  });

  it('refuses with engine.busy beyond its limit until someone leaves', () => {
    const turns = createTurns({ queueLimit: 1 });
    const first = turns.join();
    turns.join();
    expect(() => turns.join()).toThrow(expect.objectContaining({ code: 'engine.busy' }));
    first.leave();
    first.leave();
    turns.join();
    expect(() => turns.join()).toThrow(expect.objectContaining({ code: 'engine.busy' }));
  });

  it('passes over who gave up', async () => {
    const turns = createTurns({ queueLimit: 5 });
    const running = await turns.join().turn(false, none);
    const abort = new AbortController();
    const given = turns.join().turn(true, abort.signal);
    const next = turns.join().turn(false, none);
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    running();
    (await next)();
  });
});
