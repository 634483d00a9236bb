import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentTokens, tokens, weightedTokens } from '../../src/retrieval/tokens.js';

describe('tokens', () => {
  it.each([
    ['年次有給休暇の申請方法', ['年次', '有給', '休暇', '申請', '方法', '次有', '給休', '請方']],
    ['ＶＰＮに接続できない', ['vpn', '接続']],
    ['ﾊﾟｽﾜｰﾄﾞを変更する', ['パスワード', '変更', 'パス', 'スワ', 'ワー', 'ード']],
    ['ERR-4012 が出た', ['err-4012', 'err', '4012', '出']],
    ['12,000円', ['12000', '円']],
    ["the employees' policies, John’s boxes", ['the', 'employee', 'policy', 'john', 'box']],
    ['status analysis business', ['status', 'analysis', 'business']],
    ['iso27001 v1.2', ['iso27001', 'iso', '27001', 'v1.2', 'v1', 'v', '1', '2']],
    ['Straße Café naïve', ['straße', 'café', 'naïve']],
    ['Привет, мир', ['привет', 'мир']],
  ])('of %j', (text, expected) => {
    expect([...new Set(tokens(text))].sort()).toEqual([...new Set(expected)].sort());
  });

  it('keep hiragana when there is nothing else', () => {
    expect(tokens('おやすみ')).not.toEqual([]);
    expect(tokens('おやすみの規程')).not.toContain('おやすみ');
  });

  it('of nothing are none', () => {
    for (const text of ['', ' \n', '？！…', '🙂', '\u0000']) expect(tokens(text)).toEqual([]);
  });

  it('are lower case, without white space, not too long, and the same each time', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('有', '給', 'カ', 'ー', 'の', 'A', 's', '1', '-', "'", ' '),
      }),
    );
    fc.assert(
      fc.property(text, (made) => {
        const found = tokens(made);
        for (const token of found) {
          expect(token).toMatch(/^\S{1,64}$/u);
          expect(token).toBe(token.normalize('NFKC').toLowerCase());
        }
        expect(tokens(made)).toEqual(found);
        expect(tokens(made.normalize('NFKC'))).toEqual(found);
      }),
    );
  });

  it('of a part of a compound are among those of the compound', () => {
    const kanji = fc.string({
      unit: fc.constantFrom(...'年次有給休暇申請方法規程管理者'.split('')),
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(kanji, (compound) => {
        const all = tokens(compound);
        for (let i = 0; i + 2 <= compound.length; i++) {
          expect(all).toContain(compound.slice(i, i + 2));
        }
      }),
    );
  });

  it('take no longer for hostile texts', () => {
    for (const unit of ['a-', "'s", 'ー', '有', 'aー', '1,', '\u0301']) {
      const started = performance.now();
      tokens(unit.repeat(20_000));
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});

describe('contentTokens', () => {
  it('leave out the words that only make it a question', () => {
    expect(contentTokens('What is the limit for hotel costs?')).toEqual(['limit', 'hotel', 'cost']);
    expect(contentTokens('宿泊費の上限を教えてください')).not.toContain('教え');
    expect(contentTokens('宿泊費の上限を教えてください')).toContain('上限');
    expect(contentTokens('有給はいつまでに何を出せばいいですか')).not.toContain('何');
  });

  it('keep a question that has nothing but such words', () => {
    expect(contentTokens('Who is who?')).toEqual(['who', 'is']);
    expect(contentTokens('何ですか')).toEqual(['何']);
  });
});

describe('weightedTokens', () => {
  it('are the content tokens, with fragments of words weighing less', () => {
    const weighted = weightedTokens('育児休業給付金はいくらですか');
    expect(weighted.map(({ token }) => token)).toEqual(
      contentTokens('育児休業給付金はいくらですか'),
    );
    const weightOf = new Map(weighted.map(({ token, weight }) => [token, weight]));
    expect(weightOf.get('育児')).toBe(1);
    expect(weightOf.get('児休')).toBeLessThan(1);
    expect(weightedTokens('How do I reset ERR-4012?')).toEqual(
      ['reset', 'err-4012', 'err', '4012'].map((token) => ({ token, weight: 1 })),
    );
  });
});
