import { describe, expect, test } from 'vitest';
import { layOut } from '../../../src/ingest/block.js';
import { readText, softHeading } from '../../../src/ingest/readers/text.js';

const textOf = (source: string): string => layOut(readText(source).blocks).text;

describe('readText', () => {
  test('takes title and date from the head', () => {
    expect(readText('食堂のお知らせ\n最終更新 2025年7月5日\n\n本文。').meta).toEqual({
      title: '食堂のお知らせ',
      updated: '2025-07-05',
    });
    expect(readText('This opens with a sentence, no title.').meta).toEqual({});
  });

  test('takes what its front matter states, rights included, before what its head says', () => {
    const source =
      '---\r\naccess: [group:hr]\r\nupdated: 2025-08-01\r\n---\r\n食堂のお知らせ\r\n最終更新 2025年7月5日\r\n\r\n本文。';
    expect(readText(source).meta).toEqual({
      title: '食堂のお知らせ',
      access: ['group:hr'],
      updated: '2025-08-01',
    });
    expect(textOf(source)).not.toContain('group:hr');
    expect(textOf('---\nAn announcement\n---\nText.')).toContain('An announcement');
  });

  test('reads articles, chapters and marks as headings', () => {
    const source =
      '就業規則\n\n第1章 総則\n\n第1条（目的） この規則は、基本を定める。\n２ 前項による。\n第2条\n社員は守る。\n\n■ 手続き\n申請する。\n附則\n施行する。';
    expect(textOf(source)).toBe(
      [
        '就業規則',
        '## 第1章 総則',
        '##### 第1条（目的）',
        'この規則は、基本を定める。\n２ 前項による。',
        '##### 第2条',
        '社員は守る。',
        '### 手続き',
        '申請する。',
        '## 附則',
        '施行する。',
      ].join('\n\n'),
    );
  });

  test('a sentence about an article is no heading', () => {
    expect(softHeading('第3条の規定により、休暇を与える。')).toBeNull();
    expect(softHeading('第3条の2 休暇')).toEqual({ level: 5, title: '第3条の2 休暇', rest: '' });
  });

  test('makes each question of a list of questions a section', () => {
    expect(
      textOf('Q1. いつまでですか。\nA. 10日以内です。\n\nQ2. どこですか。\nA. 総務です。'),
    ).toBe(
      '###### Q1. いつまでですか。\n\nA. 10日以内です。\n\n###### Q2. どこですか。\n\nA. 総務です。',
    );
  });

  test('reads lists in the ways they are typed, and signs inside sentences as signs', () => {
    expect(textOf('・一つ目\n・二つ目\n(1) 項目\n① 丸\n1. first\n   goes on\n- dash')).toBe(
      '・ 一つ目\n・ 二つ目\n(1) 項目\n① 丸\n1. first goes on\n- dash',
    );
    expect(textOf('-5 degrees at night\n3.5 hours')).toBe('-5 degrees at night\n3.5 hours');
  });

  test('keeps short lines apart and joins wrapped ones', () => {
    expect(textOf('E-11  Tray empty.\nE-23  Reader offline.')).toBe(
      'E-11 Tray empty.\nE-23 Reader offline.',
    );
    const wrapped =
      'This line was wrapped by an editor at some margin near seventy\ncharacters, and so was this second line of the same paragraph\nhere it ends.';
    expect(textOf(wrapped)).toBe(wrapped.replaceAll('\n', ' '));
  });

  test('takes no more time for a line with a long gap', () => {
    const started = performance.now();
    textOf(`x${' '.repeat(200_000)}y`);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('underlined lines are headings', () => {
    expect(textOf('Title\n=====\nPart\n----\ntext')).toBe('# Title\n\n## Part\n\ntext');
  });

  test.each([
    ['empty', ''],
    ['blank', ' \n\t\n'],
    ['a line of 1 MB', 'あ'.repeat(400_000)],
    ['no line ends', 'a\fb\0c'],
  ])('survives %s text', (_name, source) => {
    expect(typeof textOf(source)).toBe('string');
  });
});
