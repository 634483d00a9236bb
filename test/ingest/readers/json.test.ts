import { describe, expect, it } from 'vitest';
import { jsonReader } from '../../../src/ingest/readers/json.js';
import { readText } from './read-text.js';

describe('json', () => {
  it('reads documents in the shape of JSON lines, and fails a faulty one alone', async () => {
    const items = [{ id: 'a', title: 'Warranty', text: 'Two years.' }, { id: 'b' }];
    const { documents, failures } = await jsonReader.read(Buffer.from(JSON.stringify(items)), {
      path: 'a.json',
    });
    expect(documents).toMatchObject([{ meta: { id: 'a', title: 'Warranty' }, place: 'item 1' }]);
    expect(failures).toMatchObject([{ place: 'item 2', reason: expect.stringContaining('text') }]);
  });

  it('reads short records as a table and long ones under their names', async () => {
    const short = [
      { code: 'E-204', meaning: 'ファンが止まった' },
      { code: 'E-205', meaning: null },
    ];
    expect((await readText(jsonReader, JSON.stringify(short))).text).toBe(
      '| code | meaning |\n| E-204 | ファンが止まった |\n| E-205 |  |',
    );
    const answer = `Hold the button. ${'Wait. '.repeat(40)}`.trim();
    const long = { title: 'Questions', faq: [{ question: 'How do I reset it?', answer }] };
    const { meta, text } = await readText(jsonReader, JSON.stringify(long));
    expect(meta).toEqual({ title: 'Questions' });
    expect(text).toContain('## faq\n\n### How do I reset it?\n\nquestion: How do I reset it?');
    expect(text).toContain(`answer: ${answer}`);
  });

  it('reads the text and code of a notebook, not its outputs', async () => {
    const notebook = {
      nbformat: 4,
      cells: [
        { cell_type: 'markdown', source: ['# Load\n', 'The *meter* data.'] },
        { cell_type: 'code', source: 'read("a.csv")', outputs: [{ text: 'noise' }] },
      ],
    };
    const { text } = await readText(jsonReader, JSON.stringify(notebook));
    expect(text).toContain('# Load');
    expect(text).toContain('read("a.csv")');
    expect(text).not.toContain('noise');
  });

  it('refuses what is no JSON, and what nests without end', async () => {
    await expect(readText(jsonReader, '{"access":')).rejects.toMatchObject({
      detail: { withdraws: true },
    });
    await expect(readText(jsonReader, '{"a":')).rejects.toMatchObject({
      code: 'ingest.read_failed',
    });
    const bomb = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`;
    await expect(readText(jsonReader, bomb)).rejects.toMatchObject({ code: 'ingest.too_large' });
  });
});
