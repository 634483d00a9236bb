import { expect, test } from 'vitest';
import { readJsonLines } from '../../../src/ingest/readers/jsonl.js';

test('reads one document a line, markdown or plain', () => {
  const lines = [
    {
      id: 'a',
      title: 'A',
      text: '## H\n\n**bold**',
      lang: 'en',
      access: ['group:x'],
      updated: '2025-01-02',
      url: 'https://x.example/a',
    },
    { id: 'b', text: '第1条（目的） 定める。' },
  ];
  const { documents, failures } = readJsonLines(
    `${lines.map((line) => JSON.stringify(line)).join('\r\n')}\n\n`,
  );
  expect(failures).toEqual([]);
  expect(documents).toEqual([
    {
      meta: {
        id: 'a',
        title: 'A',
        language: 'en',
        access: ['group:x'],
        updated: '2025-01-02',
        url: 'https://x.example/a',
      },
      blocks: [
        { kind: 'heading', level: 2, text: 'H' },
        { kind: 'paragraph', text: 'bold' },
      ],
      place: 'line 1',
    },
    {
      meta: { id: 'b' },
      blocks: [
        { kind: 'heading', level: 5, text: '第1条（目的）' },
        { kind: 'paragraph', text: '定める。' },
      ],
      place: 'line 2',
    },
  ]);
});

test('a bad line fails alone, by its number', () => {
  const { documents, failures } = readJsonLines(
    '{"id":"a","text":"x"}\n{oops\n{"text":"no id"}\n{"id":"d","text":"y","access":7}\n',
  );
  expect(documents.map((document) => document.meta.id)).toEqual(['a']);
  expect(failures.map((failure) => failure.place)).toEqual(['line 2', 'line 3', 'line 4']);
});
