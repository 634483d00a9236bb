import { describe, expect, test } from 'vitest';
import { layOut } from '../../../src/ingest/block.js';
import { htmlReader, readHtml } from '../../../src/ingest/readers/html.js';

const textOf = (source: string): string => layOut(readHtml(source).blocks).text;

describe('readHtml', () => {
  test('reads what a page states about itself', () => {
    const { meta } = readHtml(
      '<html lang="ja"><head><title>休暇 | 社内</title><meta name="id" content="leave"><meta name="access" content="group:a, group:b"><meta name="updated" content="2025年4月1日"></head><body><h1>休暇</h1><p>本文。</p></body></html>',
    );
    expect(meta).toEqual({
      id: 'leave',
      title: '休暇',
      language: 'ja',
      access: ['group:a', 'group:b'],
      updated: '2025-04-01',
    });
  });

  test('keeps the main content and leaves furniture out', () => {
    const page =
      '<body><nav>Menu <a href="/">Home</a></nav><header>Site</header><main><h1>T</h1><p>Main.</p></main><footer>(c)</footer></body>';
    expect(textOf(page)).toBe('# T\n\nMain.');
    expect(textOf(page.replaceAll('main', 'div'))).toBe('# T\n\nMain.');
  });

  test('turns tables into rows, spans repeated, header rows joined, caption before', () => {
    const page =
      '<table><caption>Rates</caption><thead><tr><th rowspan=2>City</th><th colspan=2>Limit</th></tr><tr><th>2024</th><th>2025</th></tr></thead><tr><td rowspan=2>Osaka<br>Kobe</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4|5</td></tr></table>';
    expect(textOf(page)).toBe(
      'Rates\n\n| City | Limit 2024 | Limit 2025 |\n| Osaka Kobe | 1 | 2 |\n| Osaka Kobe | 3 | 4\\|5 |',
    );
  });

  test('reads a table that only arranges the page as the page', () => {
    expect(textOf('<table><tr><td><h2>Left</h2><p>a</p></td><td>b</td></tr></table>')).toBe(
      '## Left\n\na\n\nb',
    );
  });

  test.each([
    ['display', '<p style="color:red; display : none">x</p>'],
    ['hidden attribute', '<div hidden><p>x</p></div>'],
    ['aria-hidden', '<span aria-hidden="true">x</span>'],
    ['size zero', '<span style="font-size:0px">x</span>'],
    ['white words', '<p style="color:#ffffff">x</p>'],
    ['white font', '<font color="white">x</font>'],
    ['off the page', '<div style="position:absolute;left:-9999px">x</div>'],
    [
      'a class after an import',
      '<style>@import "x";.h1d{display:none}</style><p class="h1d">x</p>',
    ],
    ['a nested class', '<style>.a{color:red;.h1d{display:none}}</style><p class="h1d">x</p>'],
    ['an id after an open comment', '<style>#h1d{opacity:0}/* no end</style><p id="h1d">x</p>'],
    ['a class of its own sheet', '<style>.h1d{display:none}</style><p class="a h1d">x</p>'],
    ['a comment', '<!-- x -->'],
    ['template and script', '<template>x</template><script>x</script><noscript>x</noscript>'],
  ])('drops text hidden by %s', (_name, hidden) => {
    expect(textOf(`<body><p>Seen.</p>${hidden}<p>Too.</p></body>`)).toBe('Seen.\n\nToo.');
  });

  test('keeps white words on a coloured ground, and what only a print sheet hides', () => {
    const page =
      '<style>@media print{.s{display:none}}</style><table><tr style="background:#036"><th style="color:#fff">K</th><th>V</th></tr><tr><td>a</td><td>b</td></tr></table><p class="s">c</p>';
    expect(textOf(page)).toBe('| K | V |\n| a | b |\n\nc');
  });

  test('reads nested lists, terms, breaks and code', () => {
    const page =
      '<ol start=3><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ol><dl><dt>QA</dt><dd>Quality</dd></dl><p>e<br>f</p><pre>  g\n h</pre>';
    expect(textOf(page)).toBe('3. a\n  - b\n4. c\n  d\n\n- QA: Quality\n\ne\nf\n\n  g\n h');
  });

  test('joins Japanese lines of the source without a space', () => {
    expect(textOf('<p>申請は\n  上長に\nask him</p>')).toBe('申請は上長に ask him');
  });

  test('takes the charset a page declares', () => {
    const bytes = Buffer.concat([
      Buffer.from('<meta charset="shift_jis"><p>'),
      Buffer.from([0x8b, 0x4b, 0x92, 0xf6]),
      Buffer.from('</p>'),
    ]);
    const result = htmlReader.read(bytes, { path: 'a.html' });
    expect(result).toMatchObject({
      documents: [{ blocks: [{ kind: 'paragraph', text: '規程' }] }],
    });
  });

  test.each([
    ['nothing', ''],
    ['no body', '<html><head></head></html>'],
    ['a broken table', '<table><tr><td>a<tr><td rowspan=99999 colspan=-2>b</table>'],
    ['null bytes', '<p>a\0b</p>'],
    ['unclosed tags', '<div><p><b><i>x'],
    ['half a tag', '<p>x</p><a href="'],
  ])('survives %s', (_name, source) => {
    expect(typeof textOf(source)).toBe('string');
  });

  test.each([
    ['at-rules without a body', `<style>${'@a'.repeat(50_000)}</style>x`],
    ['comments without an end', `<style>${'/*'.repeat(50_000)}</style>x`],
    ['selectors without a rule', `<style>${'a'.repeat(100_000)}</style>x`],
    ['colours without an end', `<style>.a{${';color:rgba('.repeat(15_000)}}</style>x`],
    [
      'a ground of nothing',
      `<style>.a{color:white;background:${' '.repeat(100_000)}none}</style>x`,
    ],
    ['style sheets without an end', `${'<style>'.repeat(15_000)}x`],
    ['a long gap', `<pre>x${' '.repeat(100_000)}y</pre><p>x${' '.repeat(100_000)}y</p>`],
  ])('takes no more time for %s than for a page of that size', (_name, source) => {
    const started = performance.now();
    textOf(source);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('refuses a page nested beyond any real one with a typed reason', () => {
    const page = `${'<div>'.repeat(3000)}x`;
    expect(() => readHtml(page)).toThrow(/nested too deeply/u);
  });
});
