import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnswerNode, parseAnswer } from '../../src/ui/lib/answer-tree.js';
import { HOSTILE_TEXT } from './fixtures.js';

const plain = { markers: new Set([1, 2]), uncited: [] };

function textOf(
  nodes: readonly AnswerNode[],
  only: (node: AnswerNode) => boolean = () => true,
): string {
  return nodes
    .map((node) => {
      if (node.kind === 'element') return textOf(node.children, only);
      if (!only(node)) return '';
      return node.kind === 'marker' ? `[${node.marker}]` : node.text;
    })
    .join('');
}

function tagsOf(nodes: readonly AnswerNode[]): string[] {
  return nodes.flatMap((node) =>
    node.kind === 'element' ? [node.tag, ...tagsOf(node.children)] : [],
  );
}

test('renders paragraphs, lists, emphasis, tables and markers', () => {
  const tree = parseAnswer(
    '**要点**[1]\n\n2. 一\n3. 二[2]\n\n| a | b |\n|---|---|\n| 1 | 2 |',
    plain,
  );
  expect(tagsOf(tree)).toEqual([
    'p',
    'strong',
    'ol',
    'li',
    'li',
    'table',
    'thead',
    'tr',
    'th',
    'th',
    'tbody',
    'tr',
    'td',
    'td',
  ]);
  expect(textOf(tree)).toBe('要点[1]一二[2]ab12');
  expect(tree[1]).toMatchObject({ tag: 'ol', first: 2 });
});

test('keeps HTML, links and images as text', () => {
  const tree = parseAnswer(HOSTILE_TEXT, plain);
  const allowed = ['p', 'br', 'ul', 'li', 'code'];
  expect(tagsOf(tree).filter((tag) => !allowed.includes(tag))).toEqual([]);
  const text = textOf(tree);
  expect(text).toContain('<img src=x onerror="window.hacked = 1">');
  expect(text).toContain('site (https://evil.example/?q=1)');
  expect(text).toContain('pixel');
  expect(text).not.toContain('https://evil.example/pixel.png');
});

test('a reference definition does not swallow a marker', () => {
  expect(textOf(parseAnswer('答え[1]\n\n[1]: https://evil.example', plain))).toContain('答え[1]');
});

test.each([
  ['文の途中', '一つ目。二つ目。三つ目。', '二つ目。'],
  ['list item', '- one\n- two\n- three', '- two'],
  ['table row', '| a | b |\n|---|---|\n| 1 | 2 |', '| 1 | 2 |'],
  ['emphasis beside punctuation', '前。**「強い」**後。', '**「強い」**後。'],
  ['heading', '# 見出し\n\n本文', '# 見出し'],
])('marks an uncited sentence without changing the layout: %s', (_name, text, sentence) => {
  const start = text.indexOf(sentence);
  const uncited = [{ start, end: start + sentence.length }];
  const tree = parseAnswer(text, { ...plain, uncited });
  const unmarked = parseAnswer(text, plain);
  expect(tagsOf(tree)).toEqual(tagsOf(unmarked));
  expect(textOf(tree)).toBe(textOf(unmarked));
  const marked = textOf(tree, (node) => node.kind === 'text' && node.uncited);
  expect(marked).toBe(textOf(parseAnswer(sentence, plain)).replaceAll(/[|\s]/gu, ''));
});

test('any text gives a tree without failing, and no mark is left in it', () => {
  const piece = fc.constantFrom(
    '[1]',
    '**',
    '_',
    '`',
    '\n',
    '\n\n',
    '- ',
    '> ',
    '|',
    '<b>',
    '![x](y)',
    'あ。',
    '# ',
  );
  fc.assert(
    fc.property(fc.array(piece), fc.nat(), fc.nat(), (pieces, a, b) => {
      const text = pieces.join('');
      const [start, end] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y);
      const tree = parseAnswer(text, { ...plain, uncited: [{ start: start ?? 0, end: end ?? 0 }] });
      expect(textOf(tree)).not.toMatch(/[\u1C7E\u1C7F]/u);
    }),
  );
});
