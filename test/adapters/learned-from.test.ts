import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { learnedFrom } from '../../src/adapters/learned-from.js';
import { temporaryFolder } from '../store/fixtures.js';
import { passportFor, writeAdapter } from './crafted.js';

const letter = { corpus: 'hr', id: '手紙.md' };
const lineage = [{ ...letter, revision: '0123456789abcdef', access: [] }];

describe('learnedFrom', () => {
  it('names adapters whose version in the folder or in service learned from it, once each', async () => {
    const folder = await temporaryFolder();
    const [adaptersDir, servedDir] = [join(folder, 'adapters'), join(folder, 'served')];
    const file = Buffer.from('gguf');
    await writeAdapter(adaptersDir, file, passportFor(file, { lineage }));
    await mkdir(servedDir);
    const store = (name: string, learned: typeof lineage) =>
      writeFile(
        join(servedDir, `${name}.passport.json`),
        JSON.stringify(passportFor(file, { name, lineage: learned })),
      );
    await store('tiny', lineage);
    await store('earlier', lineage);
    await store('innocent', []);
    await writeFile(join(servedDir, 'damaged.passport.json'), '{');
    const folders = { adaptersDir, servedDir };
    expect(await learnedFrom(letter, folders)).toEqual(['earlier', 'tiny']);
    expect(await learnedFrom({ ...letter, corpus: 'docs' }, folders)).toEqual([]);
  });

  it('names none where there are no folders', async () => {
    const none = join(await temporaryFolder(), 'none');
    expect(await learnedFrom(letter, { adaptersDir: none, servedDir: none })).toEqual([]);
  });
});
