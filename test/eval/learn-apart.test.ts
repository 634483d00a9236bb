import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RULE } from '../../src/decision/default-rule.js';
import { learn, type LearnRequest } from '../../src/eval/learn.js';
import { learnApart } from '../../src/eval/learn-apart.js';
import { learnedOn } from '../decision/learned-on.js';
import { temporaryFolder } from '../store/fixtures.js';
import { makeWorld, UTILITY } from './world.js';

const built = new URL('../../dist/eval/learn-worker.js', import.meta.url);
const before = learnedOn('fake');
const request: LearnRequest = {
  fitting: makeWorld(20, 1),
  reporting: makeWorld(20, 2),
  header: { version: 'made-up', learned: before.learned },
  training: { utility: UTILITY, risks: [0.5], delta: 0.1 },
  before,
  rule: DEFAULT_RULE,
  risk: 0.5,
};

/** A thread that does `body`. */
async function threadDoing(body: string): Promise<URL> {
  const file = join(await temporaryFolder(), 'worker.mjs');
  await writeFile(file, body);
  return pathToFileURL(file);
}

describe('learnApart', () => {
  it('learns the same as here, and lets the event loop go on meanwhile', async () => {
    let turns = 0;
    const watch = setInterval(() => turns++, 5);
    const apart = await learnApart(request, {}, built);
    clearInterval(watch);
    expect(turns).toBeGreaterThan(10);
    expect(apart).toEqual(learn(request));
  });

  it('is cancelled at once, in the middle of its work', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const learning = learnApart(request, { signal: stop.signal }, await threadDoing('for (;;);'));
    await expect(learning).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says so when the thread fails or ends before its time', async () => {
    const failing = await threadDoing('throw new Error("no memory");');
    await expect(learnApart(request, {}, failing)).rejects.toThrow('no memory');
    const ending = await threadDoing('process.exit(3);');
    await expect(learnApart(request, {}, ending)).rejects.toThrow('ended with 3');
  });
});
