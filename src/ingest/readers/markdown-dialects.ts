/**
 * What site generators add to markdown and what is no text: Hugo and Jekyll tags, kramdown
 * attributes, MDX imports and components. Applied to the source, outside of code.
 */

const FENCE = /^\s*(`{3,}|~{3,})/u;

/** Source without generator syntax; components leave their title and their dedented content. */
export function plainMarkdown(source: string): string {
  const lines = limitNesting(unwrapComponents(expandComponents(source.split('\n'))));
  return outsideCode(lines, stripTags).join('\n');
}

/** Applies `change` to stretches of lines outside fences, inline code untouched. */
function outsideCode(lines: readonly string[], change: (text: string) => string): string[] {
  const result: string[] = [];
  let plain: string[] = [];
  const flush = (): void => {
    if (plain.length === 0) return;
    const parts = plain.join('\n').split(/(`[^`\n]+`)/u);
    result.push(parts.map((part, index) => (index % 2 === 1 ? part : change(part))).join(''));
    plain = [];
  };
  let fence: string | null = null;
  for (const line of lines) {
    const mark = FENCE.exec(line)?.[1];
    const isFence = mark !== undefined && (fence === null || mark.startsWith(fence));
    if (fence === null && !isFence) {
      plain.push(line);
      continue;
    }
    flush();
    result.push(line);
    if (isFence) fence = fence === null ? mark : null;
  }
  flush();
  return result;
}

function stripTags(text: string): string {
  return text
    .replace(/^.*\n\{:\s*toc[^}\n]*\}[^\S\n]*$/gmu, '')
    .replace(/\{:[^}\n]{0,200}\}/gu, '')
    .replace(/^(#{1,6} .*?)\s*\{[#.][\w\s#.:-]{0,200}\}[^\S\n]*$/gmu, '$1')
    .replace(/\{%-?\s*comment\s*-?%\}[\s\S]*?\{%-?\s*endcomment\s*-?%\}/gu, '')
    .replace(/\]\(\s*\{%[^%\n]*%\}[^)\n]*\)/gu, '](#)')
    .replace(/\{\{[<%]\s*([^>%]*?)\s*\/?[>%]\}\}/gu, (_tag, inner: string) => wordsOf(inner))
    .replace(/\{%-?\s*([^%\n]*?)\s*-?%\}/gu, (_tag, inner: string) => wordsOf(inner))
    .replace(/\{\{\s*(?:site|page|base|include)\.[^}\n]*\}\}/gu, '')
    .replace(/\{\/\*[\s\S]*?\*\/\}/gu, '')
    .replace(/^(?:import|export)\s+[^\n]*\bfrom\s+['"][^'"\n]+['"];?[^\S\n]*$/gmu, '');
}

/** The words a tag shows: its caption or title, else its last argument unless that is a path. */
function wordsOf(inner: string): string {
  const named = /\b(?:caption|title|text|label)\s*=\s*"([^"]*)"/u.exec(inner)?.[1];
  if (named !== undefined) return named;
  // An image's last argument is what stands in for it, not what the page shows.
  if (/^(?:image|img|figure|asset|include|link|page|url)/u.test(inner)) return '';
  const last = [...inner.matchAll(/"([^"]*)"|'([^']*)'/gu)].at(-1);
  const words = last?.[1] ?? last?.[2] ?? '';
  const isNamed = last !== undefined && inner[last.index - 1] === '=';
  return isNamed || /[/#]|\.\w{2,5}$/u.test(words) ? '' : words;
}

const OPEN = /^(\s*)<([A-Z][\w.]*)((?:\s[^<>]*)?)>\s*$/u;
const CLOSE = /^\s*<\/([A-Z][\w.]*)>\s*$/u;
const SELF_CLOSED = /^(\s*)<([A-Z][\w.]*)((?:\s[^<>]*)?)\/>\s*$/u;
const ONE_LINE = /^(\s*)<([A-Z][\w.]*)((?:\s[^<>]*)?)>(.+)<\/\2>\s*$/u;
const UNFINISHED = /^\s*<[A-Z][\w.]*(?:\s[^<>]*)?$/u;

/** Puts each component tag on a line of its own. */
function expandComponents(lines: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at] ?? '';
    if (UNFINISHED.test(line)) {
      const end = lines.slice(at, at + 20).findIndex((next) => next.trimEnd().endsWith('>'));
      if (end > 0) {
        line = [line, ...lines.slice(at + 1, at + end + 1).map((next) => next.trim())].join(' ');
        at += end;
      }
    }
    const whole = ONE_LINE.exec(line);
    if (whole === null) result.push(line);
    else {
      const [, indent = '', name = '', attributes = '', content = ''] = whole;
      result.push(`${indent}<${name}${attributes}>`, `${indent}${content}`, `${indent}</${name}>`);
    }
  }
  return result;
}

/**
 * Replaces components by their title and content. Content is moved to the indent of its tag:
 * indented by four it would read as code.
 */
function unwrapComponents(lines: readonly string[]): string[] {
  const closeOf = new Map<number, number>();
  const open: { name: string; at: number }[] = [];
  lines.forEach((line, at) => {
    const opened = OPEN.exec(line);
    if (opened !== null) open.push({ name: opened[2] ?? '', at });
    const closed = CLOSE.exec(line)?.[1];
    if (closed === undefined) return;
    const match = open.findLastIndex((tag) => tag.name === closed);
    if (match < 0) return;
    closeOf.set(open[match]?.at ?? at, at);
    open.length = match;
  });
  const write = (from: number, to: number, shift: number): string[] => {
    const result: string[] = [];
    for (let at = from; at < to; at++) {
      const line = lines[at] ?? '';
      const tag = OPEN.exec(line) ?? SELF_CLOSED.exec(line);
      if (tag === null) {
        if (!CLOSE.test(line)) result.push(moved(line, shift));
        continue;
      }
      const indent = moved(tag[1] ?? '', shift);
      const title = titleOf(tag[3] ?? '');
      result.push('', ...(title === '' ? [] : [`${indent}**${title}**`, '']));
      const close = closeOf.get(at);
      if (close === undefined) continue;
      const inner = commonIndent(lines, at + 1, close);
      result.push(...write(at + 1, close, indent.length - inner), '');
      at = close;
    }
    return result;
  };
  return closeOf.size === 0 && !lines.some((line) => OPEN.test(line) || SELF_CLOSED.test(line))
    ? [...lines]
    : write(0, lines.length, 0);
}

function titleOf(attributes: string): string {
  const value = (name: string): string =>
    new RegExp(`\\b${name}\\s*=\\s*\\{?(?:"([^"]*)"|'([^']*)')`, 'u')
      .exec(attributes)
      ?.slice(1)
      .find((part) => part !== undefined) ?? '';
  const title = value('title') || value('label');
  if (title !== '') return title;
  const field = value('body') || value('path') || value('query') || value('name');
  if (field === '' || !/\btype\s*=/u.test(attributes)) return '';
  const traits = [value('type'), /\srequired\b/u.test(attributes) ? 'required' : ''].filter(
    (part) => part !== '',
  );
  return traits.length === 0 ? field : `${field} (${traits.join(', ')})`;
}

function commonIndent(lines: readonly string[], from: number, to: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let at = from; at < to; at++) {
    const line = lines[at] ?? '';
    if (line.trim() !== '') least = Math.min(least, line.length - line.trimStart().length);
  }
  return Number.isFinite(least) ? least : 0;
}

function moved(line: string, shift: number): string {
  if (shift >= 0) return line === '' ? line : ' '.repeat(shift) + line;
  const indent = line.length - line.trimStart().length;
  return line.slice(Math.min(indent, -shift));
}

/**
 * Nobody writes lists 20 deep or quotes 10 deep, and the parser's time grows with the square of
 * the depth (1000 nested lists: 51 s), so deeper marks are cut.
 */
function limitNesting(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line.replace(/^\s{60,}/u, ' '.repeat(60)).replace(/^(?:\s{0,3}>){10,}/u, '>>>>>>>>>>'),
  );
}
