import { describe, expect, it } from 'vitest';
import { chooseSlot, createLeaseQueue } from '../../src/engine/leases.js';

const none = new AbortController().signal;

describe('chooseSlot', () => {
  it('takes the longest common prefix', () => {
    expect(
      chooseSlot([
        { overlap: 3, lastUsed: 1 },
        { overlap: 90, lastUsed: 2 },
        { overlap: 0, lastUsed: 0 },
      ]),
    ).toBe(1);
  });

  it('takes the slot unused for longest when prefixes are equal', () => {
    expect(
      chooseSlot([
        { overlap: 5, lastUsed: 4 },
        { overlap: 5, lastUsed: 2 },
        { overlap: 5, lastUsed: 3 },
      ]),
    ).toBe(1);
  });
});

describe('createLeaseQueue', () => {
  it('gives a slot back to the one who waits longest', async () => {
    const queue = createLeaseQueue({ slots: ['only'], queueLimit: 5 });
    const first = await queue.acquire(() => 0, none);
    const order: string[] = [];
    const wait = async (name: string) => {
      const lease = await queue.acquire(() => 0, none);
      order.push(name);
      lease.release();
    };
    const all = [wait('second'), wait('third')];
    expect(queue.waiting()).toBe(2);
    first.release();
    first.release();
    await Promise.all(all);
    expect(order).toEqual(['second', 'third']);
    expect(queue.waiting()).toBe(0);
  });

  it('refuses with engine.busy when the queue is full', async () => {
    const queue = createLeaseQueue({ slots: [1], queueLimit: 1 });
    const lease = await queue.acquire(() => 0, none);
    const waiting = queue.acquire(() => 0, none);
    await expect(queue.acquire(() => 0, none)).rejects.toMatchObject({
      code: 'engine.busy',
      detail: { waiting: 1, queueLimit: 1 },
    });
    lease.release();
    (await waiting).release();
  });

  it('lets a waiting caller give up without losing the slot', async () => {
    const queue = createLeaseQueue({ slots: [1], queueLimit: 3 });
    const lease = await queue.acquire(() => 0, none);
    const abort = new AbortController();
    const given = queue.acquire(() => 0, abort.signal);
    const next = queue.acquire(() => 0, none);
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    lease.release();
    expect((await next).slot).toBe(1);
  });
});
