import { describe, expect, it } from 'vitest';
import { layOut } from '../../../src/ingest/block.js';
import { pdfReader } from '../../../src/ingest/readers/pdf.js';
import { blocksOf } from '../../../src/ingest/readers/pdf-blocks.js';
import { linesOf, type TextItem } from '../../../src/ingest/readers/pdf-lines.js';
import { makePdf } from './make-pdf.js';

const item = (text: string, x: number, y: number, overrides: Partial<TextItem> = {}): TextItem => ({
  text,
  x,
  y,
  width: 6 * text.length,
  size: 10,
  vertical: false,
  endsLine: false,
  ...overrides,
});
const read = async (bytes: Uint8Array) => await pdfReader.read(bytes, { path: 'a.pdf' });
const PAGE = { page: 1, height: 800 };

describe('linesOf', () => {
  it('joins the pieces of a line, with a space where a gap is one', () => {
    const lines = linesOf([item('Paid', 50, 700), item('leave', 77, 700), item('s', 107, 700)], 1);
    expect(lines.map(({ cells }) => cells.map(({ text }) => text))).toEqual([['Paid leaves']]);
  });

  it('parts cells at wide gaps and lines where the baseline changes', () => {
    const lines = linesOf([item('A', 50, 700), item('12', 200, 700), item('B', 50, 685)], 1);
    expect(lines.map(({ cells }) => cells.map(({ text }) => text))).toEqual([['A', '12'], ['B']]);
  });

  it('reads vertical writing down, then to the left', () => {
    const down = (text: string, x: number, y: number) => item(text, x, y, { vertical: true });
    const lines = linesOf([down('有', 500, 700), down('休', 500, 690), down('日', 480, 700)], 1);
    expect(lines.map(({ cells }) => cells[0]?.text)).toEqual(['有休', '日']);
  });
});

describe('blocksOf', () => {
  const blocks = (items: readonly TextItem[]) => blocksOf(linesOf(items, 1), [PAGE]);

  it('takes large letters for a heading, and joins lines to paragraphs by their distance', () => {
    const found = blocks([
      item('Leave rules', 50, 700, { size: 16 }),
      item('Staff get twelve days in the', 50, 670),
      item('first year.', 50, 657),
      item('More comes later.', 50, 620),
    ]);
    expect(found).toEqual([
      { kind: 'heading', level: 1, text: 'Leave rules', page: 1 },
      { kind: 'paragraph', text: 'Staff get twelve days in the first year.', page: 1 },
      { kind: 'paragraph', text: 'More comes later.', page: 1 },
    ]);
  });

  it('joins Japanese lines without a space', () => {
    const [found] = blocks([item('有給休暇は十二日', 50, 700), item('です。', 50, 687)]);
    expect(found).toMatchObject({ kind: 'paragraph', text: '有給休暇は十二日です。' });
  });

  it('makes a table of lines with as many cells at the same places', () => {
    const row = (y: number, ...cells: string[]) =>
      cells.map((text, at) => item(text, 50 + 150 * at, y));
    const [found] = blocks([
      ...row(700, 'City', 'Limit'),
      ...row(685, 'Osaka', '14,500'),
      ...row(670, 'Sendai', '11,500'),
    ]);
    expect(found).toEqual({
      kind: 'table',
      header: ['City', 'Limit'],
      rows: [
        ['Osaka', '14,500'],
        ['Sendai', '11,500'],
      ],
      page: 1,
    });
  });

  it('leaves out headers and footers that repeat, numbers aside', () => {
    const pages = [1, 2, 3, 4].map((page) => ({ page, height: 800 }));
    const lines = pages.flatMap(({ page }) =>
      linesOf(
        [
          item('Handbook 2025', 50, 780),
          item(`Text of page ${page}.`, 50, 400),
          item(`- ${page} -`, 300, 30),
        ],
        page,
      ),
    );
    expect(layOut(blocksOf(lines, pages)).text).toBe(
      'Text of page 1.\n\nText of page 2.\n\nText of page 3.\n\nText of page 4.',
    );
  });
});

describe('running titles', () => {
  const textOf = (count: number, extra: (page: number) => ReturnType<typeof item>[]) => {
    const pages = Array.from({ length: count }, (_, at) => ({ page: at + 1, height: 800 }));
    const lines = pages.flatMap(({ page }) =>
      linesOf([item(`Text ${'abcdefghijkl'[page]}.`, 50, 400), ...extra(page)], page),
    );
    return layOut(blocksOf(lines, pages)).text;
  };

  it('are left out where left and right pages differ, and where each chapter has its own', () => {
    const sides = textOf(5, (page) => [item(page % 2 ? 'Handbook' : 'Acme', 50, 780)]);
    expect(sides).not.toMatch(/Handbook|Acme/u);
    const chapters = textOf(10, (page) => [item(page < 4 ? 'Travel' : 'Leave', 50, 780)]);
    expect(chapters).not.toMatch(/Travel|Leave/u);
  });

  it('are not what stands at a margin once or twice, or figures at different places', () => {
    expect(textOf(10, (page) => (page < 3 ? [item('Read this first', 50, 780)] : []))).toContain(
      'Read this first',
    );
    const rows = textOf(10, (page) => (page < 4 ? [item(`${page} 200`, 50, 780)] : []));
    expect(rows).toContain('3 200');
  });
});

describe('the PDF reader', () => {
  it('reads text with its page and the stated title', async () => {
    const { documents, failures } = await read(
      makePdf([['Hotel limits'], ['Osaka 14,500 yen.']], 'Travel'),
    );
    expect(documents[0]?.meta).toMatchObject({ title: 'Travel' });
    expect(documents[0]?.blocks.map(({ page }) => page)).toEqual([1, 2]);
    expect(failures).toEqual([]);
  });

  it('names pages without text, and says so when none has any', async () => {
    const { failures } = await read(makePdf([['Text.'], []]));
    expect(failures).toEqual([
      { place: 'page 2', reason: expect.stringContaining('scan') as string },
    ]);
    await expect(read(makePdf([[], []]))).rejects.toMatchObject({ code: 'ingest.read_failed' });
  });

  it.each([
    ['no PDF', new TextEncoder().encode('%PDF-1.4 and nothing more')],
    ['nothing', new Uint8Array()],
  ])('gives a typed error for %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'ingest.read_failed' });
  });
});
