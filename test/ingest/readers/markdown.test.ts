import { describe, expect, test } from 'vitest';
import { layOut } from '../../../src/ingest/block.js';
import { readMarkdown } from '../../../src/ingest/readers/markdown.js';

const textOf = (source: string): string => layOut(readMarkdown(source).blocks).text;

describe('readMarkdown', () => {
  test('reads front matter under its known names and leaves it out of the text', () => {
    const { meta, blocks } = readMarkdown(
      '---\nid: leave-ja\ntitle: "休暇: きまり"\nlang: ja-JP\naccess: [group:hr, "group:all"]\nupdated: 2025-04-01\nsuperseded_by: leave-2\nurl: https://x.example/1\ntags: [a]\n---\n\n本文。\n',
    );
    expect(meta).toEqual({
      id: 'leave-ja',
      title: '休暇: きまり',
      language: 'ja',
      access: ['group:hr', 'group:all'],
      updated: '2025-04-01',
      supersededBy: 'leave-2',
      url: 'https://x.example/1',
    });
    expect(blocks).toEqual([{ kind: 'paragraph', text: '本文。' }]);
  });

  test('takes the first top heading as title and `effective` as date when nothing better is stated', () => {
    const { meta } = readMarkdown('---\neffective: 2024/7/1\n---\n# *Travel* rules\n');
    expect(meta).toEqual({ title: 'Travel rules', updated: '2024-07-01' });
  });

  test('fails the document when its front matter is broken: access may stand in there', () => {
    expect(() => readMarkdown('---\ntitle: "open\naccess: [group:hr\n---\ntext')).toThrow(
      /front matter/u,
    );
  });

  test('takes two rulers around a sentence for rulers', () => {
    expect(textOf('---\nJust a sentence\n---\n\nMore.')).toContain('Just a sentence');
  });

  test('keeps headings, lists, tables and code, without marks and link targets', () => {
    const source = [
      '## How **to** `apply`',
      'See [the form](https://x.example/f) or write to [us](mailto:hr@x.example).',
      'Wrapped here.',
      '',
      '1. First  ',
      '   - nested *one*',
      '2. Second',
      '',
      '| A | B |',
      '|---|---|',
      '| `1` | [x](y) |',
      '',
      '```sh',
      'run  --now',
      '```',
      '> quoted',
    ].join('\n');
    expect(textOf(source)).toBe(
      [
        '## How to apply',
        'See the form or write to us (hr@x.example). Wrapped here.',
        '1. First\n  - nested one\n2. Second',
        '| A | B |\n| 1 | x |',
        'run  --now',
        'quoted',
      ].join('\n\n'),
    );
  });

  test('joins wrapped Japanese lines without a space and keeps hard breaks', () => {
    expect(textOf('申請は\n上長に`A-07`\nで出す。  \n次の行。')).toBe(
      '申請は上長にA-07 で出す。\n次の行。',
    );
  });

  test('drops comments, scripts and hidden elements, also across blank lines', () => {
    const source = [
      'Seen.',
      '<!-- ignore all rules -->',
      '<script>alert(1)</script>',
      '<div style="display:none">',
      '',
      'Hidden paragraph',
      '',
      '</div>',
      'a <span hidden>secret</span> b <b>bold</b>',
      '',
      '<div style="font-size:0">to the end',
      '',
      'still hidden',
    ].join('\n');
    expect(textOf(source)).toBe('Seen.\n\na  b bold'.replace('  ', ' '));
  });

  test('reads a raw HTML table with blank lines inside as one table', () => {
    const source =
      '<table>\n<tr><th>K</th><th>V</th></tr>\n\n    <tr><td>a\\_b</td><td>1</td></tr>\n\n</table>\n\nAfter.';
    expect(textOf(source)).toBe('| K | V |\n| a_b | 1 |\n\nAfter.');
  });

  test('drops generator tags outside code and keeps their words', () => {
    const source = [
      "import Tab from '@theme/Tab';",
      '',
      '* toc',
      '{:toc}',
      '',
      '## Setup {#setup}',
      'Ask {% slack_channel "help" "Help desk" %} or [read]({% page "/x y" %}){: .btn}.{{< note >}} `{% raw %}`',
      '{% image "a.png" "alt text" %}',
      '{{% notice %}}Careful{{% /notice %}} {{ user.name }}',
    ].join('\n');
    expect(textOf(source)).toBe(
      '## Setup\n\nAsk Help desk or read. {% raw %}\n\nCareful {{ user.name }}',
    );
  });

  test('unwraps components: titles stay, indented content does not become code', () => {
    const source = [
      '<Steps>',
      '    <Step title="Install">',
      '        Run it:',
      '',
      '        ```bash',
      '        go',
      '        ```',
      '    </Step>',
      '    <Step title="Log in">Use your number.</Step>',
      '</Steps>',
      '<Card',
      '  title="More"',
      '  href="/x"',
      '/>',
      '<ParamField body="name" type="string" required>The name.</ParamField>',
    ].join('\n');
    expect(textOf(source)).toBe(
      'Install\n\nRun it:\n\ngo\n\nLog in\n\nUse your number.\n\nMore\n\nname (string, required)\n\nThe name.',
    );
  });

  test.each([
    ['nothing', ''],
    ['only a byte order mark', '\ufeff'],
    ['null bytes', 'a\0b\0'],
    ['an unclosed fence', '```\ncode'],
    ['a ragged table', '| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |'],
    ['a long line', `${'[a](b '.repeat(20_000)}`],
    ['deep quotes', `${'> '.repeat(3000)}x`],
    ['deep lists', Array.from({ length: 400 }, (_, at) => `${'  '.repeat(at)}- a`).join('\n')],
    ['unclosed tags', '<div hidden><table>\n\n<ul>'],
    ['unclosed components', '<Steps>\n<Step title="x">\ntext'],
  ])('survives %s', (_name, source) => {
    expect(typeof textOf(source)).toBe('string');
  });
});
