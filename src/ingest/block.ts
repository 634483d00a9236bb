import { cleanCode, cleanLine, cleanParagraph } from './clean.js';
import type { Span } from './sentences.js';

/** What every reader gives, whatever the file format: the parts of a document in order. */
export type Block = (
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; items: ListItem[] }
  | { kind: 'table'; header: string[]; rows: string[][] }
  | { kind: 'code'; text: string }
) & {
  /** From 1; for formats that have pages. */
  page?: number;
};

export type ListItem = {
  /** 0 for the outermost list. */
  depth: number;
  /** As printed: `-`, `3.`, `(2)`. */
  marker: string;
  text: string;
};

/** Where a block stands in the document text. */
export type PlacedBlock = Span & {
  kind: Block['kind'];
  page: number | null;
  /** Heading level 1..6, else 0. */
  level: number;
  /** Heading text without its mark, else ''. */
  title: string;
  /** Rows of a table (header first), items of a list, lines of code; one part elsewhere. */
  parts: (Span & { depth: number })[];
  /** A table whose first part is a header row. */
  hasHeader: boolean;
};

export type LaidOut = { text: string; blocks: PlacedBlock[] };

/**
 * Writes blocks as one plain text that looks like markdown (`## Heading`, `- item`, `| cell |`),
 * cleaned, and notes where each part landed: offsets hold because nothing is rewritten later.
 */
export function layOut(blocks: readonly Block[]): LaidOut {
  const placed: PlacedBlock[] = [];
  const pieces: string[] = [];
  let length = 0;
  for (const block of blocks) {
    const lines = blockLines(block);
    if (lines.length === 0) continue;
    const start = length === 0 ? 0 : length + 2;
    let at = start;
    const parts = lines.map(({ text, depth }) => {
      const part = { start: at, end: at + text.length, depth };
      at += text.length + 1;
      return part;
    });
    const text = lines.map((line) => line.text).join('\n');
    pieces.push(text);
    length = start + text.length;
    placed.push({
      kind: block.kind,
      page: block.page ?? null,
      level: block.kind === 'heading' ? clampLevel(block.level) : 0,
      title: block.kind === 'heading' ? cleanLine(block.text) : '',
      start,
      end: length,
      parts,
      hasHeader: block.kind === 'table' && block.header.some((cell) => cleanLine(cell) !== ''),
    });
  }
  return { text: pieces.join('\n\n'), blocks: placed };
}

type Line = { text: string; depth: number };

function blockLines(block: Block): Line[] {
  switch (block.kind) {
    case 'heading': {
      const title = cleanLine(block.text);
      return title === ''
        ? []
        : [{ text: `${'#'.repeat(clampLevel(block.level))} ${title}`, depth: 0 }];
    }
    case 'paragraph':
      return oneLine(cleanParagraph(block.text), 0);
    case 'list':
      return block.items.flatMap((item) => {
        const text = cleanParagraph(item.text);
        if (text === '') return [];
        const indent = '  '.repeat(Math.min(item.depth, 8));
        const marker = cleanLine(item.marker);
        const lead = marker === '' ? indent : `${indent}${marker} `;
        return oneLine(`${lead}${text.replaceAll('\n', `\n${indent}  `)}`, item.depth);
      });
    case 'table': {
      const rows = [block.header, ...block.rows].filter((row) =>
        row.some((cell) => cleanLine(cell) !== ''),
      );
      return rows.map((row) => ({ text: tableRow(row), depth: 0 }));
    }
    case 'code':
      return cleanCode(block.text)
        .split('\n')
        .map((text) => ({ text, depth: 0 }))
        .filter((line, _index, all) => all.length > 1 || line.text !== '');
    default:
      block satisfies never;
      return [];
  }
}

function oneLine(text: string, depth: number): Line[] {
  return text === '' ? [] : [{ text, depth }];
}

/** A row as printed, without the padding that only lines up columns. */
function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cleanLine(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

function clampLevel(level: number): number {
  return Math.min(6, Math.max(1, Math.trunc(level)));
}
