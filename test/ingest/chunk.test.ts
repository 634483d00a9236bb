import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, layOut } from '../../src/ingest/block.js';
import { type Chunk, chunkDocument, type CountTokens } from '../../src/ingest/chunk.js';
import { embeddingText } from '../../src/ingest/embedding-text.js';
import { sentenceSpans } from '../../src/ingest/sentences.js';

/** A token is a Japanese character or a run of other visible ones; two more for the model's own. */
const count = (text: string): number =>
  (text.match(
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{1,6}/gu,
  )?.length ?? 0) + 2;
const countTokens: CountTokens = async (texts) => texts.map(count);

async function cut(
  blocks: Block[],
  options: { targetTokens?: number; maxTokens?: number } = {},
): Promise<{ text: string; chunks: Chunk[] }> {
  const laidOut = layOut(blocks);
  const chunks = await chunkDocument({ title: 'Title', ...laidOut }, { countTokens, ...options });
  return { text: laidOut.text, chunks };
}

const sentence = (words: number): string =>
  `${Array.from({ length: words }, (_, at) => `w${at}`).join(' ')}.`;

describe('chunkDocument', () => {
  test('gives each section its own passages, with the heading path and without the title', async () => {
    const { chunks } = await cut([
      { kind: 'heading', level: 1, text: 'Title' },
      { kind: 'paragraph', text: 'Intro.' },
      { kind: 'heading', level: 2, text: 'Leave' },
      { kind: 'heading', level: 3, text: 'Sick leave' },
      { kind: 'paragraph', text: 'Call before nine.' },
      { kind: 'heading', level: 2, text: 'Pay' },
      { kind: 'paragraph', text: 'On the 25th.' },
    ]);
    expect(chunks.map(({ section, text }) => [section, text])).toEqual([
      ['', 'Intro.'],
      ['Leave › Sick leave', 'Call before nine.'],
      ['Pay', 'On the 25th.'],
    ]);
  });

  test('splits a table by rows and repeats header and lead-in as context', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => [
      `item ${at}`,
      `price ${at} yen`,
      'in stock',
    ]);
    const { chunks } = await cut(
      [
        { kind: 'paragraph', text: 'Prices of parts:' },
        { kind: 'table', header: ['Part', 'Price', 'Stock'], rows },
      ],
      { targetTokens: 60, maxTokens: 90 },
    );
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks[0]?.text).toMatch(
      /^Prices of parts:\n\n\| Part \| Price \| Stock \|\n\| item 0 /u,
    );
    for (const chunk of chunks.slice(1)) {
      expect(chunk.context).toBe('Prices of parts:\n| Part | Price | Stock |');
      expect(chunk.text.split('\n').every((line) => /^\| item \d+ \| .* \|$/u.test(line))).toBe(
        true,
      );
    }
  });

  test('keeps a list that fits whole, with its lead-in', async () => {
    const { chunks } = await cut(
      [
        { kind: 'paragraph', text: `${sentence(50)} ${sentence(50)}` },
        { kind: 'paragraph', text: 'You need:' },
        {
          kind: 'list',
          items: ['a form', 'a stamp', 'the receipt'].map((text) => ({
            depth: 0,
            marker: '-',
            text,
          })),
        },
      ],
      { targetTokens: 60, maxTokens: 100 },
    );
    expect(chunks.at(-1)?.text).toBe('You need:\n\n- a form\n- a stamp\n- the receipt');
  });

  test('repeats lead-in and parent item when a long list is split', async () => {
    const items = Array.from({ length: 12 }, (_, at) => ({
      depth: 1,
      marker: '-',
      text: `${sentence(12)}` + at,
    }));
    const { chunks } = await cut(
      [
        { kind: 'paragraph', text: 'Steps:' },
        { kind: 'list', items: [{ depth: 0, marker: '1.', text: 'Prepare' }, ...items] },
      ],
      { targetTokens: 60, maxTokens: 80 },
    );
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks[1]?.context).toBe('Steps:\n1. Prepare');
  });

  test('cuts a sentence only when it alone is too long', async () => {
    const long = `${'あ'.repeat(500)}。`;
    const { chunks } = await cut([{ kind: 'paragraph', text: `短い文です。${long}終わりです。` }], {
      targetTokens: 60,
      maxTokens: 100,
    });
    expect(chunks.every((chunk) => count(chunk.text) <= 102)).toBe(true);
    expect(chunks[0]?.text.startsWith('短い文です。')).toBe(true);
  });

  test('headings alone become the text', async () => {
    const { chunks } = await cut([{ kind: 'heading', level: 2, text: 'Only this' }]);
    expect(chunks.map((chunk) => chunk.text)).toEqual(['## Only this']);
  });

  test('keeps pages', async () => {
    const { chunks } = await cut([
      { kind: 'paragraph', text: sentence(200), page: 3 },
      { kind: 'paragraph', text: sentence(200), page: 4 },
    ]);
    expect(new Set(chunks.map((chunk) => chunk.page))).toEqual(new Set([3, 4]));
  });

  test('cancels', async () => {
    const { text, blocks } = layOut([{ kind: 'paragraph', text: 'a b c.' }]);
    const aborted = chunkDocument(
      { title: '', text, blocks },
      { countTokens, signal: AbortSignal.abort() },
    );
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' });
  });
});

const words = fc.constantFrom(
  'alpha',
  'beta',
  '申請',
  'ください',
  '3.5',
  'e.g.',
  '。',
  '（注）',
  '.',
  '|',
  '葛󠄀',
  '𠮷野家',
  'x'.repeat(90),
);
const prose = fc.array(words, { minLength: 1, maxLength: 60 }).map((parts) => parts.join(' '));
const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({
    kind: fc.constant('heading' as const),
    level: fc.integer({ min: 1, max: 6 }),
    text: prose,
  }),
  fc.record({ kind: fc.constant('paragraph' as const), text: prose }),
  fc.record({
    kind: fc.constant('code' as const),
    text: fc.array(prose).map((lines) => lines.join('\n  ')),
  }),
  fc.record({
    kind: fc.constant('list' as const),
    items: fc.array(
      fc.record({
        depth: fc.integer({ min: 0, max: 4 }),
        marker: fc.constantFrom('-', '1.', ''),
        text: prose,
      }),
      { maxLength: 8 },
    ),
  }),
  fc.record({
    kind: fc.constant('table' as const),
    header: fc.array(prose, { maxLength: 4 }),
    rows: fc.array(fc.array(prose, { maxLength: 4 }), { maxLength: 8 }),
  }),
);

describe('for any document', () => {
  const MAX = 60;

  test('passages are slices in order, without overlap, of bounded size, covering every line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(block, { maxLength: 10 }), async (blocks) => {
        const { text, chunks } = await cut(blocks, { targetTokens: 40, maxTokens: MAX });
        let at = 0;
        const covered = new Set<number>();
        for (const chunk of chunks) {
          expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text);
          expect(chunk.text.trim()).toBe(chunk.text);
          expect(chunk.start).toBeGreaterThanOrEqual(at);
          at = chunk.end;
          expect(count(chunk.text) - 2 + Math.max(0, count(chunk.context) - 2)).toBeLessThanOrEqual(
            MAX,
          );
          expect(count(embeddingText({ ...chunk, title: 'Title' }))).toBeLessThanOrEqual(512);
          for (let index = chunk.start; index < chunk.end; index++) covered.add(index);
        }
        const lines = layOut(blocks).blocks.filter((each) => each.kind !== 'heading');
        for (const { start, end } of chunks.length > 0 ? lines : []) {
          for (const letter of text.slice(start, end).matchAll(/[\p{L}\p{N}]/gu)) {
            expect(covered.has(start + letter.index)).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('no sentence that fits is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(prose, { minLength: 1, maxLength: 6 }), async (paragraphs) => {
        const { text, chunks } = await cut(
          paragraphs.map((each) => ({ kind: 'paragraph', text: each })),
          { targetTokens: 40, maxTokens: MAX },
        );
        for (const span of sentenceSpans(text)) {
          const whole = text.slice(span.start, span.end);
          if (count(whole) - 2 > MAX || !/[\p{L}\p{N}]/u.test(whole)) continue;
          expect(chunks.some((chunk) => chunk.start <= span.start && chunk.end >= span.end)).toBe(
            true,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});
