import { describe, expect, it } from 'vitest';
import { keepFresh } from '../src/keep-fresh.js';

/** Counts its looks; `found` is what the next ones give. */
async function kept() {
  const world = { now: 0, looks: 0, found: 'one' as string | Error };
  const look = async () => {
    world.looks++;
    if (world.found instanceof Error) throw world.found;
    return world.found;
  };
  const ask = await keepFresh(look, { forMs: 100, clock: () => world.now });
  return { world, ask };
}

describe('keepFresh', () => {
  it('looks again once what it knows is old, once for all who ask meanwhile', async () => {
    const { world, ask } = await kept();
    world.found = 'two';
    world.now = 99;
    expect(await ask()).toBe('one');
    world.now = 100;
    expect(await Promise.all([ask(), ask()])).toEqual(['two', 'two']);
    expect(world.looks).toBe(2);
  });

  it('goes on with what it knows when a later look fails, and then looks again', async () => {
    const { world, ask } = await kept();
    world.found = new Error('broken');
    world.now = 100;
    expect(await ask()).toBe('one');
    world.found = 'two';
    expect(await ask()).toBe('one');
    world.now = 200;
    expect(await ask()).toBe('two');
  });

  it('fails when its first look does', async () => {
    const look = () => Promise.reject(new Error('broken'));
    await expect(keepFresh(look, { forMs: 100, clock: () => 0 })).rejects.toThrow('broken');
  });
});
