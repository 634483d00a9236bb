import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataHolding, learnedFrom } from '../../src/adapters/learned-from.js';
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
    expect(await dataHolding(letter, [], none)).toEqual([]);
  });
});

describe('dataHolding', () => {
  it('gives the data files that name a document or hold a sentence of it, however they are written', async () => {
    const adaptersDir = await temporaryFolder();
    const data = join(adaptersDir, 'tiny', 'data');
    await mkdir(data, { recursive: true });
    const sentence = '会議は "月曜" です。';
    await writeFile(
      join(data, 'pairs.ja.jsonl'),
      String.raw`{ "document": { "corpus": "hr", "id": "\u624b\u7d19.md" } }`,
    );
    await writeFile(
      join(data, 'sources.ja.jsonl'),
      `{"text": "${String.raw`\u4f1a\u8b70\u306f \"\u6708\u66dc\" \u3067\u3059\u3002`} 以上"}\n`,
    );
    await writeFile(
      join(data, 'plain.jsonl'),
      `{"corpus":"hr","id":"other.md"}\n{"corpus":"docs","id":"${letter.id}"}\n`,
    );
    expect(await dataHolding(letter, [sentence], adaptersDir)).toEqual([
      join('tiny', 'data', 'pairs.ja.jsonl'),
      join('tiny', 'data', 'sources.ja.jsonl'),
    ]);
  });
});
