import { KakehashiError } from '../../errors.js';
import type { Block, ListItem } from '../block.js';
import { SOFT_BREAK, unwrapSoftBreaks } from '../clean.js';
import { type DomElement, type DomNode, isElement, parseDocument, tagName } from './html-dom.js';
import { hasBackground, hiddenNames, hidesContent } from './html-hidden.js';
import { tableBlock } from './html-table.js';

/** Elements whose content is no text of the page. */
const SKIPPED = new Set(
  'script style noscript template iframe object embed svg canvas video audio select button input textarea head title meta link map dialog'.split(
    ' ',
  ),
);
const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small span strike strong sub sup time tt u var wbr img'.split(
    ' ',
  ),
);
/** Real pages stay under 100 levels; the walk is recursive. */
const MAX_DEPTH = 1000;

/** The blocks of a piece of HTML inside another document. */
export function fragmentBlocks(html: string): Block[] {
  const body = parseDocument(html).body;
  return body === null ? [] : htmlBlocks(body, html);
}

/** The visible blocks below `root`; `source` is searched for style sheets that hide classes. */
export function htmlBlocks(root: DomElement, source: string): Block[] {
  const isHidden = hiddenTest(source);
  const blocks: Block[] = [];
  let text = '';

  const flush = (): void => {
    const paragraph = unwrapSoftBreaks(text);
    text = '';
    if (paragraph.trim() !== '') blocks.push({ kind: 'paragraph', text: paragraph });
  };

  /** Text of one element on its own, its blocks flattened. */
  const inlineText = (element: DomElement, depth: number, onGround: boolean): string => {
    const outer = text;
    const before = blocks.length;
    text = '';
    walkChildren(element, depth, onGround);
    flush();
    text = outer;
    return blocks.splice(before).map(blockText).join('\n');
  };

  const list = (element: DomElement, depth: number, level: number, onGround: boolean): void => {
    const isOrdered = tagName(element) === 'ol';
    let number = Number.parseInt(element.getAttribute('start') ?? '1', 10) || 1;
    let items: ListItem[] = [];
    const flushItems = (): void => {
      if (items.length > 0) blocks.push({ kind: 'list', items });
      items = [];
    };
    for (const item of element.childNodes) {
      if (!isElement(item) || isHidden(item, onGround)) continue;
      const before = blocks.length;
      walkItem(item, depth + 1, level, onGround);
      flush();
      const inner = blocks.splice(before);
      const marker = isOrdered ? `${number++}.` : '-';
      let isFirst = true;
      for (const block of inner) {
        const previous = items.at(-1);
        if (block.kind === 'paragraph' || block.kind === 'heading') {
          if (isFirst || previous === undefined)
            items.push({ depth: level, marker: isFirst ? marker : '', text: block.text });
          else previous.text += `\n${block.text}`;
          isFirst = false;
        } else if (block.kind === 'list') items.push(...block.items);
        else {
          flushItems();
          blocks.push(block);
        }
      }
    }
    flushItems();
  };

  const walkItem = (item: DomElement, depth: number, level: number, onGround: boolean): void => {
    if (['ul', 'ol'].includes(tagName(item))) {
      list(item, depth, level + 1, onGround);
      return;
    }
    const ground = onGround || hasBackground((name) => item.getAttribute(name));
    for (const child of item.childNodes) {
      if (isElement(child) && ['ul', 'ol'].includes(tagName(child))) {
        flush();
        if (!isHidden(child, ground)) list(child, depth, level + 1, ground);
      } else walk(child, depth + 1, ground);
    }
  };

  const terms = (element: DomElement, depth: number, onGround: boolean): void => {
    const items: ListItem[] = [];
    for (const child of element.querySelectorAll('dt, dd')) {
      if (isHidden(child, onGround)) continue;
      const value = inlineText(child, depth + 1, onGround);
      const last = items.at(-1);
      if (tagName(child) === 'dt' || last === undefined)
        items.push({ depth: 0, marker: '-', text: value });
      else last.text += last.text.includes('\n') ? `\n${value}` : `: ${value}`;
    }
    if (items.length > 0) blocks.push({ kind: 'list', items });
  };

  const walk = (node: DomNode, depth: number, onGround: boolean): void => {
    if (depth > MAX_DEPTH) {
      throw new KakehashiError('ingest.read_failed', 'The page is nested too deeply.', {
        remedy: 'Save the page again from its original, or as text.',
        detail: { limit: MAX_DEPTH },
      });
    }
    if (node.nodeType === 3) {
      text += (node.textContent ?? '')
        .replace(/(?<![^\S\u3000])[^\S\u3000]*\n\s*/gu, SOFT_BREAK)
        .replace(/[\t\r ]+/gu, ' ');
      return;
    }
    if (!isElement(node)) return;
    const name = tagName(node);
    if (SKIPPED.has(name) || isHidden(node, onGround)) return;
    const ground = onGround || hasBackground((attribute) => node.getAttribute(attribute));
    if (INLINE.has(name)) {
      const before = text.length;
      walkChildren(node, depth, ground);
      const address = /^mailto:([^?]+)/u.exec(
        name === 'a' ? (node.getAttribute('href') ?? '') : '',
      )?.[1];
      if (address !== undefined && !text.slice(before).includes(address)) text += ` (${address})`;
      return;
    }
    if (name === 'br') {
      text += '\n';
      return;
    }
    flush();
    if (/^h[1-6]$/u.test(name)) {
      const title = inlineText(node, depth, ground);
      if (title.trim() !== '')
        blocks.push({ kind: 'heading', level: Number(name[1]), text: title });
    } else if (name === 'ul' || name === 'ol' || name === 'menu') list(node, depth, 0, ground);
    else if (name === 'dl') terms(node, depth, ground);
    else if (name === 'pre') blocks.push({ kind: 'code', text: node.textContent ?? '' });
    else if (name === 'table') {
      const table = tableBlock(node, {
        cellText: (cell) => {
          const cellGround = ground || isOnGround(cell);
          return isHidden(cell, cellGround) ? '' : inlineText(cell, depth + 1, cellGround);
        },
        isHidden: (row) => isHidden(row, ground),
      });
      if (table === null) walkChildren(node, depth, ground);
      else blocks.push(...table);
    } else walkChildren(node, depth, ground);
    flush();
  };

  const walkChildren = (node: DomElement, depth: number, onGround: boolean): void => {
    for (const child of node.childNodes) walk(child, depth + 1, onGround);
  };

  walkChildren(root, 0, false);
  flush();
  return blocks;
}

/** Takes hidden elements out of a page, for code that does not know them. */
export function removeHidden(root: DomElement, source: string): void {
  const isHidden = hiddenTest(source);
  for (const element of root.querySelectorAll('*')) {
    if (isHidden(element, isOnGround(element))) element.remove();
  }
}

function hiddenTest(source: string): (element: DomElement, onGround: boolean) => boolean {
  const names = hiddenNames(styleSheets(source));
  return (element, onGround) => {
    if (hidesContent((name) => element.getAttribute(name), onGround)) return true;
    const id = element.getAttribute('id');
    if (id !== null && names.ids.has(id)) return true;
    if (names.classes.size === 0) return false;
    const classes = (element.getAttribute('class') ?? '').split(/\s+/u);
    return classes.some((name) => names.classes.has(name));
  };
}

/** Of a source without end tags no part is searched: looking for the next one each time is quadratic. */
function styleSheets(source: string): string {
  const parts = source.split(/<\/style>/iu).slice(0, -1);
  return parts
    .map((part) =>
      part
        .split(/<style[^<>]*>/iu)
        .slice(1)
        .join('\n'),
    )
    .join('\n');
}

/** Whether the element or something around it is coloured. */
function isOnGround(inner: DomElement): boolean {
  for (let at: DomElement | null = inner; at !== null; at = at.parentElement) {
    const element = at;
    if (hasBackground((name) => element.getAttribute(name))) return true;
  }
  return false;
}

function blockText(block: Block): string {
  if (block.kind === 'list') {
    return block.items.map((item) => `${item.marker} ${item.text}`.trim()).join('\n');
  }
  if (block.kind === 'table') {
    return [block.header, ...block.rows].map((row) => row.join(' ')).join('\n');
  }
  return block.text;
}
