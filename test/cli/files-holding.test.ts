import { mkdir, open, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { filesBefore, filesHolding } from '../../src/cli/files-holding.js';
import { temporaryFolder } from '../store/fixtures.js';

const SENTENCE = 'The "lantern" of the memo is green.';
const { signal } = new AbortController();

/** Takes no room: what is not written is a hole. */
async function writeAt(file: string, text: string, at: number, sizeBytes: number) {
  await using handle = await open(file, 'w');
  await handle.truncate(sizeBytes);
  await handle.write(text, at);
}

describe('filesHolding', () => {
  it('finds a sentence as it is and as JSON, but for the folders left out', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'sub', 'venv'), { recursive: true });
    await writeFile(join(folder, 'a.txt'), `So: ${SENTENCE}`);
    await writeFile(join(folder, 'sub', 'b.jsonl'), JSON.stringify({ text: SENTENCE }));
    await writeFile(join(folder, 'sub', 'c.txt'), 'Something else.');
    await writeFile(join(folder, 'sub', 'venv', 'd.txt'), SENTENCE);
    const found = await filesHolding(folder, [SENTENCE], { except: ['sub/venv'], signal });
    expect(found.toSorted()).toEqual(['a.txt', join('sub', 'b.jsonl')]);
  });

  it('finds a sentence across two pieces of a file that no buffer holds', async () => {
    const folder = await temporaryFolder();
    await writeAt(join(folder, 'large'), SENTENCE, (1 << 20) - 5, 2 ** 31 + 1);
    expect(await filesHolding(folder, [SENTENCE], { except: [], signal })).toEqual(['large']);
  });

  it('passes over a file that is removed while it searches', async () => {
    const folder = await temporaryFolder();
    await writeAt(join(folder, 'a'), SENTENCE, 2 ** 29, 2 ** 29 + 100);
    await writeFile(join(folder, 'b'), SENTENCE);
    const searching = filesHolding(folder, [SENTENCE], { except: [], signal });
    await setTimeout(20);
    await rm(join(folder, 'b'));
    expect(await searching).toEqual(['a']);
  });
});

describe('filesBefore', () => {
  it('gives files of before a moment alone, and none where there is no folder', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'old'), '');
    await writeFile(join(folder, 'new'), '');
    await utimes(join(folder, 'old'), 1, 1);
    expect(await filesBefore(folder, 2000)).toEqual([join(folder, 'old')]);
    expect(await filesBefore(join(folder, 'none'), 2000)).toEqual([]);
  });
});
