import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goldIn, readGold } from '../../src/eval/gold.js';

const QUESTION = {
  id: 'q-1',
  question: 'How long is the warranty?',
  lang: 'en',
  kind: 'document',
  answers: ['two years'],
  documents: ['warranty.md'],
};
const line = (changes: object = {}) => `${JSON.stringify({ ...QUESTION, ...changes })}\n`;

describe('gold files', () => {
  let corpora: string;
  let file: string;
  beforeEach(async () => {
    corpora = await mkdtemp(join(tmpdir(), 'gold-'));
    await mkdir(join(corpora, 'manuals'));
    file = join(corpora, 'manuals', 'gold.jsonl');
  });
  afterEach(() => rm(corpora, { recursive: true }));

  it('are read a question a line, empty lines left out', async () => {
    await writeFile(file, `${line()}\n${line({ id: 'q-2' })}`);
    expect((await readGold(file)).map(({ id }) => id)).toEqual(['q-1', 'q-2']);
  });

  it('that are missing are none for a corpus, and an error for who names one', async () => {
    await expect(goldIn(join(corpora, 'manuals'))).resolves.toEqual([]);
    await expect(readGold(file)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('that are faulty are refused with the line, also of a corpus: no gate may be left out unseen', async () => {
    await writeFile(file, `${line()}{"id":`);
    const refused = { code: 'request.invalid', message: expect.stringContaining('Line 2') };
    await expect(goldIn(join(corpora, 'manuals'))).rejects.toMatchObject(refused);
    await writeFile(file, line() + line());
    await expect(readGold(file)).rejects.toMatchObject({
      message: expect.stringContaining('twice'),
    });
  });
});
