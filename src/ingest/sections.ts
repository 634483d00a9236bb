import type { PlacedBlock } from './block.js';

/** A stretch of a document under one heading, without the headings themselves. */
export type Section = {
  /** Heading path joined by ` › `; the title of the document is left out of it. */
  path: string;
  blocks: PlacedBlock[];
};

const MAX_HEADING = 100;

/** Splits placed blocks at their headings. A heading with nothing below it makes no section. */
export function sectionsOf(title: string, blocks: readonly PlacedBlock[]): Section[] {
  const sections: Section[] = [];
  let stack: { level: number; title: string }[] = [];
  let current: Section = { path: '', blocks: [] };
  const close = (): void => {
    if (current.blocks.length > 0) sections.push(current);
  };
  for (const block of blocks) {
    if (block.kind !== 'heading') {
      current.blocks.push(block);
      continue;
    }
    close();
    stack = [...stack.filter((heading) => heading.level < block.level), block];
    const path = stack
      .filter((heading) => !(heading.level === 1 ? isPartOf : isSame)(heading.title, title))
      .map((heading) => heading.title);
    current = { path: path.map((heading) => clip(heading, MAX_HEADING)).join(' › '), blocks: [] };
  }
  close();
  return sections;
}

function isSame(heading: string, title: string): boolean {
  return plain(heading) === plain(title);
}

/** "Project A" under the title "Project A (Secret)" says nothing new. */
function isPartOf(heading: string, title: string): boolean {
  return plain(title).includes(plain(heading));
}

function plain(text: string): string {
  return text.normalize('NFKC').replace(/\s+/gu, '').toLowerCase();
}

/** At most `length` characters, `…` where it was cut; never half a surrogate pair. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/u, '')}…`;
}
