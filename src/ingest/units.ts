import type { PlacedBlock } from './block.js';
import { clip, type Section } from './sections.js';
import { pushTrimmed, type Span, sentenceSpans } from './sentences.js';

/** The smallest piece that a passage takes or leaves: a sentence, an item, a row, a line of code. */
export type Unit = Span & {
  page: number | null;
  /** Shown before the text when a passage opens with this unit; '' when it stands alone. */
  context: string;
  /** What the cut before this unit would break. */
  cut: 'block' | 'lead' | 'sentence' | 'item' | 'nested' | 'row' | 'header' | 'line' | 'piece';
  /** Units of one block share a number. */
  block: number;
};

const MAX_LEAD = 120;
const MAX_HEADER = 240;

/** The units of a section in order. They cover everything in its blocks but white space. */
export function unitsOf(text: string, section: Section): Unit[] {
  const units: Unit[] = [];
  section.blocks.forEach((block, number) => {
    const lead = leadOf(text, section.blocks[number - 1], block);
    const common = { page: block.page, block: number };
    const opening: Unit['cut'] = lead === '' ? 'block' : 'lead';
    switch (block.kind) {
      case 'heading':
      case 'paragraph':
        sentenceSpans(text.slice(block.start, block.end)).forEach((span, index) => {
          units.push({
            ...common,
            start: block.start + span.start,
            end: block.start + span.end,
            context: '',
            cut: index === 0 ? 'block' : 'sentence',
          });
        });
        break;
      case 'list': {
        const parents: string[] = [];
        block.parts.forEach((part, index) => {
          parents.length = part.depth;
          const above = parents
            .filter((parent) => parent !== undefined && parent !== '')
            .join('\n');
          const item = text.slice(part.start, part.end);
          parents[part.depth] = clip(item.trim().split('\n')[0] ?? '', MAX_LEAD);
          const cut = index === 0 ? opening : part.depth > 0 ? 'nested' : 'item';
          units.push({ ...common, ...trimmed(text, part), context: joined(lead, above), cut });
        });
        break;
      }
      case 'table': {
        const [first] = block.parts;
        const header =
          block.hasHeader && first ? clip(text.slice(first.start, first.end), MAX_HEADER) : '';
        block.parts.forEach((part, index) => {
          const isFirst = index === 0;
          const cut = isFirst ? opening : index === 1 && header !== '' ? 'header' : 'row';
          units.push({
            ...common,
            ...trimmed(text, part),
            context: isFirst ? lead : joined(lead, header),
            cut,
          });
        });
        break;
      }
      case 'code':
        block.parts.forEach((part, index) => {
          const spans: Span[] = [];
          pushTrimmed(spans, text, part.start, part.end);
          for (const span of spans) {
            units.push({ ...common, ...span, context: lead, cut: index === 0 ? opening : 'line' });
          }
        });
        break;
      default:
        block.kind satisfies never;
    }
  });
  return units;
}

/** The sentence that announces a list, table or listing: it ends in a colon or is short. */
function leadOf(text: string, previous: PlacedBlock | undefined, block: PlacedBlock): string {
  if (block.kind === 'paragraph' || previous?.kind !== 'paragraph') return '';
  const paragraph = text.slice(previous.start, previous.end);
  const last = sentenceSpans(paragraph).at(-1);
  if (last === undefined) return '';
  const sentence = paragraph.slice(last.start, last.end);
  return /[:：]$/u.test(sentence) || sentence.length <= MAX_LEAD ? clip(sentence, MAX_LEAD) : '';
}

function joined(...parts: string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}

function trimmed(text: string, part: Span): Span {
  const spans: Span[] = [];
  pushTrimmed(spans, text, part.start, part.end);
  return spans[0] ?? { start: part.start, end: part.end };
}

/**
 * Cuts a unit that is too long for a passage: into its sentences where it has several, else into
 * stretches of about `length` characters, at a clause mark or a space where one is near.
 */
export function cutUnit(text: string, unit: Unit, length: number): Unit[] {
  const inner = text.slice(unit.start, unit.end);
  let spans = sentenceSpans(inner);
  if (spans.length < 2) spans = stretches(inner, Math.max(1, length));
  return spans.map((span, index) => ({
    ...unit,
    start: unit.start + span.start,
    end: unit.start + span.end,
    cut: index === 0 ? unit.cut : 'piece',
  }));
}

function stretches(text: string, length: number): Span[] {
  const spans: Span[] = [];
  let start = 0;
  while (start < text.length) {
    let end = start + length;
    if (end < text.length) {
      const window = text.slice(start + Math.floor(length * 0.6), end);
      const mark = Math.max(
        ...['、', '，', ', ', '; ', '；', '｜', ' | ', '」', '）'].map((sign) =>
          endOf(window, sign),
        ),
      );
      const space = endOf(window, ' ');
      const found = mark > 0 ? mark : space;
      if (found > 0) end = start + Math.floor(length * 0.6) + found;
      // Never between the halves of a surrogate pair or before a combining mark.
      while (end < text.length && /^[\udc00-\udfff\p{M}]/u.test(text.slice(end, end + 1))) end++;
    }
    pushTrimmed(spans, text, start, Math.min(end, text.length));
    start = end;
  }
  return spans;
}

function endOf(window: string, sign: string): number {
  const at = window.lastIndexOf(sign);
  return at < 0 ? -1 : at + sign.length;
}
