import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readGateSets } from '../../../src/adapters/gates/sets.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kakehashi-sets-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('readGateSets', () => {
  it('refuses a folder that is not there, and says which and what to set', async () => {
    const absent = join(folder, 'gates');
    await expect(readGateSets(absent)).rejects.toMatchObject({
      code: 'adapter.invalid',
      message: expect.stringContaining(absent),
      remedy: expect.stringContaining('`gates`'),
    });
  });

  it('gives nothing for sets that are not in the folder', async () => {
    expect(await readGateSets(folder)).toEqual({ general: [], bias: [], injection: [] });
  });
});
