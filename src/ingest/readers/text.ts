import type { Block } from '../block.js';
import { cleanLine, joinWrapped } from '../clean.js';
import { decodeText } from '../decode.js';
import { parseDate, type RawDocument, type Reader } from '../reader.js';
import { splitFrontMatter } from './front-matter.js';

export const textReader: Reader = {
  name: 'text',
  extensions: ['.txt', '.text', '.log'],
  read: (bytes) => ({ documents: [readText(decodeText(bytes))], failures: [] }),
};

/**
 * A plain text: its front matter, its first short line as title, paragraphs, lists and the headings
 * people type.
 */
export function readText(source: string): RawDocument {
  const { meta, body } = splitFrontMatter(source.replace(/\r\n?/gu, '\n'));
  const text = body.replace(/\f/gu, '\n\n');
  const blocks = textBlocks(text);
  const first = cleanLine(text.slice(0, 2000).trimStart().split('\n')[0] ?? '');
  if (first !== '' && first.length <= 80 && !/[。.、,;]$/u.test(first)) {
    meta.title ??= first.replace(/^(?:#{1,6}|[■□◆◇●○▼▲★☆]+)\s*/u, '');
  }
  const head = text.slice(0, 1000);
  const stated =
    /(?:最終更新|更新日|改[定訂]日|制定日|施行日|last (?:updated|revised)|updated|revised)\s*(?:on)?\s*[:：]?\s*(\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})/iu.exec(
      head,
    );
  const updated = meta.updated ?? parseDate(stated?.[1]);
  if (updated !== undefined) meta.updated = updated;
  return { meta, blocks };
}

/** The blocks of a plain text. */
export function textBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  const isWrapped = looksWrapped(text);
  for (const paragraph of text.split(/\n[^\S\n\u3000]*\n+/u)) {
    const lines = paragraph.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > 0) paragraphBlocks(lines, isWrapped, blocks);
  }
  return blocks;
}

function paragraphBlocks(lines: readonly string[], isWrapped: boolean, blocks: Block[]): void {
  let open: string[] = [];
  const flush = (): void => {
    if (open.length > 0) blocks.push({ kind: 'paragraph', text: open.join('\n') });
    open = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? '')
      .trimEnd()
      .replace(/^[^\S\n\u3000]+/u, (space) => (space.includes('\t') ? ' ' : space));
    const trimmed = line.trim();
    const rule = (lines[at + 1] ?? '').trim();
    if (/^(?:={3,}|-{3,}|＝{3,}|─{3,}|━{3,})$/u.test(trimmed)) continue;
    if (/^(?:={3,}|-{3,})$/u.test(rule) && trimmed.length <= 80) {
      flush();
      blocks.push({ kind: 'heading', level: rule.startsWith('=') ? 1 : 2, text: trimmed });
      at++;
      continue;
    }
    const heading = softHeading(trimmed);
    if (heading !== null) {
      flush();
      blocks.push({ kind: 'heading', level: heading.level, text: heading.title });
      if (heading.rest !== '') open.push(heading.rest);
      continue;
    }
    const item = listItem(line);
    if (item !== null) {
      flush();
      const last = blocks.at(-1);
      if (last?.kind === 'list' && open.length === 0 && at > 0) last.items.push(item);
      else blocks.push({ kind: 'list', items: [item] });
      continue;
    }
    const last = blocks.at(-1);
    const isContinuation =
      open.length === 0 && at > 0 && last?.kind === 'list' && /^\s{2,}/u.test(line);
    if (isContinuation) {
      const lastItem = last.items.at(-1);
      if (lastItem !== undefined) lastItem.text = joinWrapped(lastItem.text, trimmed);
    } else if (isWrapped && open.length > 0 && !endsSentence(open.at(-1) ?? '')) {
      open.push(joinWrapped(open.pop() ?? '', trimmed));
    } else open.push(trimmed);
  }
  flush();
}

export type SoftHeading = { level: number; title: string; rest: string };

const PART =
  /^(第\s*[0-9０-９一二三四五六七八九十百千]+\s*(編|章|節|款|条)(?:の[0-9０-９一二三四五六七八九十]+)*)\s*([（(【][^）)】]{1,40}[）)】])?[\s　]*(.*)$/u;
const PART_LEVEL: Readonly<Record<string, number>> = { 編: 1, 章: 2, 節: 3, 款: 4, 条: 5 };

/**
 * A heading as typed in a text without markup: 第1条（目的）, ■ 手続き, 【注意】, Q1. …, 附則. An
 * article number is a heading even when its text follows on the same line; that text is `rest`.
 */
export function softHeading(line: string): SoftHeading | null {
  const part = PART.exec(line);
  if (part !== null) {
    const [, number = '', kind = '', name = '', rest = ''] = part;
    // 第3条の規定により… is a sentence about an article, not the article.
    if (/^[のにをはがで、又及並若]/u.test(rest) && name === '') return null;
    const isTitle = name === '' && rest.length <= 30 && !/[。、]/u.test(rest);
    const title = isTitle ? `${number} ${rest}`.trim() : `${number}${name}`;
    return { level: PART_LEVEL[kind] ?? 5, title, rest: isTitle ? '' : rest };
  }
  const isShort = line.length <= 60 && !/[。、]$/u.test(line);
  if (isShort && /^[■□◆◇▼▲★☆]\s*\S/u.test(line))
    return { level: 3, title: line.replace(/^[■□◆◇▼▲★☆]+\s*/u, ''), rest: '' };
  if (isShort && /^【[^】]{1,40}】$/u.test(line))
    return { level: 3, title: line.slice(1, -1), rest: '' };
  if (/^附\s*則\s*(?:[（(].{1,30}[）)])?$/u.test(line)) return { level: 2, title: line, rest: '' };
  if (line.length <= 120 && /^(?:Q|Ｑ|問|質問)\s*[0-9０-９]*\s*[.．:：、)）]\s*\S/u.test(line))
    return { level: 6, title: line, rest: '' };
  return null;
}

const ITEM =
  /^(\s*)((?:[-*•・‣●○◦※]|[0-9０-９]{1,3}[.．)）]|[(（][0-9０-９a-zア-ン一二三四五六七八九十]{1,3}[)）]|[①-⑳㋐-㋾])(?=\s|[^\s-]))\s*(\S.*)$/u;

function listItem(line: string): { depth: number; marker: string; text: string } | null {
  const match = ITEM.exec(line);
  if (match === null) return null;
  const [, indent = '', marker = '', text = ''] = match;
  // -5 degrees, 3.5 hours, *note*: signs inside a sentence.
  const next = line[indent.length + marker.length] ?? '';
  if (/^[-*]$/u.test(marker) && !/\s/u.test(next)) return null;
  if (/[.．]$/u.test(marker) && /[\p{N}\p{Script=Latin}]/u.test(next)) return null;
  return { depth: Math.min(4, Math.floor(indent.length / 2)), marker, text };
}

function endsSentence(line: string): boolean {
  return /[。．！？.!?:：」）)]$/u.test(line);
}

/** Whether lines end at a margin: most are long, about equal, and stop in mid-sentence. */
function looksWrapped(text: string): boolean {
  const lines = text
    .slice(0, 20_000)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const width = (line: string): number =>
    line.length + (line.match(/[\u3000-\u9fff\uff00-\uff60]/gu)?.length ?? 0);
  const long = lines.filter((line) => width(line) >= 56 && width(line) <= 120);
  const cut = long.filter((line) => !endsSentence(line.trim()));
  return lines.length >= 3 && long.length >= lines.length * 0.4 && cut.length >= long.length * 0.6;
}
