import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cite } from '../../src/answer/cite.js';
import { hit, text } from './fixtures.js';

const hotels = hit({
  text: 'Book early. The limit for a hotel in Osaka is 11,000 yen a night. Breakfast is extra.',
  start: 500,
});
const trains = hit({
  documentId: 'trains',
  text: 'Green cars are not paid. Use the Shinkansen from 200 km.',
  start: 0,
});

describe('cite', () => {
  it('quotes the sentence of the passage that supports the claim, at its place', () => {
    const { answer, citations, uncited } = cite(
      'The hotel limit in Osaka is 11,000 yen a night. [1]',
      [hotels, trains],
      text,
    );
    expect(answer).toBe('The hotel limit in Osaka is 11,000 yen a night. [1]');
    expect(citations).toHaveLength(1);
    expect(citations[0]).toMatchObject({
      marker: 1,
      quote: 'The limit for a hotel in Osaka is 11,000 yen a night.',
      start: 512,
      verified: true,
    });
    expect(uncited).toEqual([]);
  });

  it('does not verify a claim whose number the passage does not hold', () => {
    const { citations, uncited } = cite(
      'The hotel limit in Osaka is 12,000 yen a night. [1]',
      [hotels],
      text,
    );
    expect(citations[0]?.verified).toBe(false);
    expect(uncited).toHaveLength(1);
  });

  it('does not verify a figure that stands in another sentence than the quote', () => {
    const rule = hit({
      text: '大阪に出張したときの宿泊費の上限は一泊11,000円です。朝食は別です。駐車場代は申請できます。東京23区は12,000円です。',
    });
    const claim = '大阪に出張したときの宿泊費の上限は一泊12,000円です。';
    const { citations, uncited } = cite(`${claim}[1]`, [rule], text);
    expect(citations).toMatchObject([{ verified: false }]);
    expect(uncited).toEqual([{ start: 0, end: claim.length }]);
  });

  it('quotes the sentence that holds the figure before one that shares more words', () => {
    const rule = hit({
      text: 'The hotel limit in Osaka covers one night with breakfast. It follows the price list. In Osaka a hotel night may cost 11,000.',
    });
    const { citations } = cite(
      'The hotel limit in Osaka covers one night with breakfast, 11,000. [1]',
      [rule],
      text,
    );
    expect(citations).toMatchObject([
      { verified: true, quote: 'In Osaka a hotel night may cost 11,000.' },
    ]);
  });

  it('verifies two figures from two neighbouring sentences by quoting both', () => {
    const quote = 'The limit in Osaka is 11,000 yen. The limit in Tokyo is 13,000 yen.';
    const { citations } = cite(
      'The limit is 11,000 yen in Osaka and 13,000 yen in Tokyo. [1]',
      [hit({ text: `Book early. ${quote} Breakfast is extra.` })],
      text,
    );
    expect(citations).toMatchObject([{ verified: true, quote }]);
  });

  it('reads a figure in the header of the table as part of each row', () => {
    const header = '| City | Limit 2025 | Note |';
    const row = '| Osaka | 11,000 yen | 朝食は別です。駐車場代は別です。申請が要ります。 |';
    const claim = 'The limit 2025 in Osaka is 11,000 yen; 申請が要ります。 [1]';
    const table = hit({ text: `${header}\n|---|---|---|\n| Tokyo | 13,000 yen | |\n${row}` });
    const cut = hit({ text: row, context: header });
    for (const passage of [table, cut]) {
      expect(cite(claim, [passage], text).citations).toMatchObject([
        { verified: true, quote: row },
      ]);
    }
  });

  it('does not take a figure from the row or the sentence beside', () => {
    const header = '| Place | Most |';
    const rows = '| Hotel in Osaka, limit a night | 11,000 yen |\n| Tokyo | 13,000 yen |';
    for (const passage of [
      hit({ text: rows, context: header }),
      hit({ text: rows.split('\n').toReversed().join('\n'), context: header }),
      hit({ text: `${header}\n${rows}` }),
      hit({ text: 'The limit for a hotel in Osaka is 11,000 yen a night. Tokyo has 13,000 yen.' }),
    ]) {
      const { citations } = cite(
        'The limit for a hotel in Osaka is 13,000 yen a night. [1]',
        [passage],
        text,
      );
      expect(citations).toMatchObject([{ verified: false }]);
    }
  });

  it('drops a marker that names no passage and marks the claim as uncited', () => {
    const { answer, citations, uncited } = cite('Dogs may come along. [7]', [hotels], text);
    expect(answer).toBe('Dogs may come along.');
    expect(citations).toEqual([]);
    expect(answer.slice(uncited[0]?.start, uncited[0]?.end)).toBe('Dogs may come along.');
  });

  it('adds a marker where a passage plainly agrees and the model gave none', () => {
    const { answer, citations } = cite('Green cars are not paid.', [hotels, trains], text);
    expect(answer).toBe('Green cars are not paid. [2]');
    expect(citations[0]).toMatchObject({ marker: 2, verified: true });
  });

  it('moves a marker that does not hold to the passage that plainly agrees', () => {
    const { answer, citations } = cite('Green cars are not paid. [1]', [hotels, trains], text);
    expect(answer).toBe('Green cars are not paid. [2]');
    expect(citations).toMatchObject([{ marker: 2, document_id: 'trains', verified: true }]);
  });

  it('leaves a marker that does not hold, unverified, when no passage agrees either', () => {
    const { answer, citations } = cite('Dogs travel free of charge. [1]', [hotels, trains], text);
    expect(answer).toBe('Dogs travel free of charge. [1]');
    expect(citations).toMatchObject([{ marker: 1, verified: false }]);
  });

  it('reads the number of a list item as no figure of the sentence', () => {
    const steps = hit({ text: 'Open the page. Press the button. 申請書を開きます。' });
    const { citations, uncited } = cite(
      '1. Open the page. [1]\n2. Press the button. [1]\n（３）申請書を開きます。[1]',
      [steps],
      text,
    );
    expect(citations.map(({ quote }) => quote)).toEqual([
      'Open the page.',
      'Press the button.',
      '申請書を開きます。',
    ]);
    expect(citations.every(({ verified }) => verified)).toBe(true);
    expect(uncited).toEqual([]);
    expect(cite('1.5 litres: open the page. [1]', [steps], text).uncited).toHaveLength(1);
  });

  it('keeps both quotes of one place, and a verified one whatever cites it later', () => {
    const pair = 'The limit in Osaka is 11,000 yen. Breakfast is extra.';
    const { citations } = cite(
      'The limit in Osaka is 11,000 yen and breakfast is extra. [1] ' +
        'The limit in Osaka is 11,000 yen. [1] The limit in Osaka is 19,000 yen. [1]',
      [hit({ text: pair })],
      text,
    );
    expect(citations).toMatchObject([
      { quote: pair, verified: true },
      { quote: 'The limit in Osaka is 11,000 yen.', verified: true },
    ]);
  });

  it('takes out notes of encyclopedias that stand where a marker belongs', () => {
    for (const note of [
      '[citation needed]',
      '[further explanation needed]',
      '[Note 3]',
      '[要出典]',
    ]) {
      const { answer } = cite(`Green cars are not paid. ${note}`, [hotels, trains], text);
      expect(answer).toBe('Green cars are not paid. [2]');
    }
  });

  it('reads full-width and lenticular brackets and markers before the full stop', () => {
    for (const draft of ['Green cars are not paid【2】.', 'Green cars are not paid［2］.']) {
      const { citations, answer } = cite(draft, [hotels, trains], text);
      expect(citations[0]?.marker).toBe(2);
      expect(answer).toContain('[2]');
    }
  });

  it('keeps every marker and full stop that a mark separates', () => {
    const passages = [
      hit({ text: 'Green cars are not paid. 上限は11,000円です。' }),
      trains,
      hit({ text: '朝食は別です。' }),
    ];
    for (const [draft, answer] of [
      ['Green cars are not paid [1], [2].', 'Green cars are not paid. [1] [2]'],
      ['Green cars are not paid. [1]. [2]', 'Green cars are not paid. [1] [2]'],
      ['上限は11,000円です[1]、[2]。', '上限は11,000円です。[1] [2]'],
      ['上限は11,000円です[1]。朝食は別です[3]。', '上限は11,000円です。[1]朝食は別です。[3]'],
      [
        'Green cars are not paid [1]. Green cars are not paid [2]!',
        'Green cars are not paid. [1] Green cars are not paid! [2]',
      ],
      [
        'Green cars are not paid [1], 朝食は別です。[3]',
        'Green cars are not paid [1], 朝食は別です。[3]',
      ],
    ] as const) {
      expect(cite(draft, passages, text).answer).toBe(answer);
    }
  });

  it('makes no link of a marker and the bracket after it', () => {
    const rule = hit({ text: '上限は一泊11,000円です。' });
    const { answer } = cite('上限は11,000円です。(//evil.example)', [rule], text);
    expect(answer).toBe('上限は11,000円です。[1] (//evil.example)');
  });

  it('keeps Japanese text without a space before the marker', () => {
    const rule = hit({ text: '大阪の宿泊費の上限は一泊11,000円です。朝食は別です。' });
    const { answer, citations } = cite('大阪の宿泊費の上限は11,000円です。[1]', [rule], text);
    expect(answer).toBe('大阪の宿泊費の上限は11,000円です。[1]');
    expect(citations[0]).toMatchObject({
      verified: true,
      quote: '大阪の宿泊費の上限は一泊11,000円です。',
    });
  });

  it('never shows a quote that is not the text between its offsets', () => {
    const passages = [hotels, trains];
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('Green cars', ' [1]', '[2].', '。', '11,000 yen', ' [9]', '\n', '[', 'x'),
          { maxLength: 30 },
        ),
        (pieces) => {
          const { answer, citations, uncited } = cite(pieces.join(''), passages, text);
          for (const { marker, quote, start, end } of citations) {
            const passage = passages[marker - 1];
            expect(passage).toBeDefined();
            const offset = passage?.start ?? 0;
            expect(passage?.text.slice(start - offset, end - offset)).toBe(quote);
            expect(answer).toContain(`[${marker}]`);
          }
          for (const span of uncited) expect(span.end).toBeLessThanOrEqual(answer.length);
        },
      ),
    );
  });
});
