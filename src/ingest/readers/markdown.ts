import type { Nodes, PhrasingContent, RootContent, List } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import type { Block, ListItem } from '../block.js';
import { cleanLine, SOFT_BREAK, unwrapSoftBreaks } from '../clean.js';
import { decodeText } from '../decode.js';
import type { RawDocument, Reader } from '../reader.js';
import { splitFrontMatter } from './front-matter.js';
import { fragmentBlocks } from './html-blocks.js';
import { isHiddenTag } from './html-hidden.js';
import { plainMarkdown } from './markdown-dialects.js';

export const markdownReader: Reader = {
  name: 'markdown',
  extensions: ['.md', '.markdown', '.mdx'],
  read: (bytes) => ({ documents: [readMarkdown(decodeText(bytes))], failures: [] }),
};

/** One markdown document, front matter and all. */
export function readMarkdown(source: string): RawDocument {
  const { meta, body } = splitFrontMatter(source.replace(/\r\n?/gu, '\n'));
  const blocks = markdownBlocks(body);
  const heading = blocks.find((block) => block.kind === 'heading' && block.level === 1);
  if (meta.title === undefined && heading?.kind === 'heading') meta.title = cleanLine(heading.text);
  return { meta, blocks };
}

const parser = unified().use(remarkParse).use(remarkGfm);

/** A line beyond this is data; the inline parser needs seconds for 100,000 brackets. */
const MAX_LINE = 20_000;

/** The blocks of a markdown text without front matter. */
export function markdownBlocks(body: string): Block[] {
  const source = plainMarkdown(body);
  const blocks: Block[] = [];
  let pending: string[] = [];
  const flush = (): void => {
    const text = pending.join('\n');
    pending = [];
    if (text.trim() !== '') flow(parser.parse(text).children, text, blocks);
  };
  for (const line of source.split('\n')) {
    if (line.length <= MAX_LINE) pending.push(line);
    else {
      flush();
      blocks.push({ kind: 'paragraph', text: line });
    }
  }
  flush();
  return blocks;
}

function flow(nodes: readonly RootContent[], source: string, blocks: Block[]): void {
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    if (node === undefined) continue;
    if (node.type === 'heading') {
      blocks.push({ kind: 'heading', level: node.depth, text: inline(node.children) });
    } else if (node.type === 'paragraph') {
      blocks.push({ kind: 'paragraph', text: inline(node.children) });
    } else if (node.type === 'blockquote' || node.type === 'footnoteDefinition') {
      flow(node.children, source, blocks);
    } else if (node.type === 'list') {
      list(node, source, blocks);
    } else if (node.type === 'code') {
      blocks.push({ kind: 'code', text: node.value });
    } else if (node.type === 'table') {
      const [header = [], ...rows] = node.children.map((row) =>
        row.children.map((cell) => inline(cell.children)),
      );
      blocks.push({ kind: 'table', header, rows });
    } else if (node.type === 'html') {
      const last = closingSibling(nodes, at);
      // Authors escape markdown's signs inside raw tables as well.
      const html = slice(source, node, nodes[last] ?? node).replace(/\\([_*[\]|#`~])/gu, '$1');
      blocks.push(...fragmentBlocks(html));
      at = last;
    }
  }
}

/**
 * A raw table or a hidden element with blank lines inside comes in several nodes, the middle ones
 * read as markdown. Gives the index of the node that closes what node `at` opened.
 */
function closingSibling(nodes: readonly RootContent[], at: number): number {
  const html = nodes[at];
  if (html?.type !== 'html') return at;
  const tag = /<(table|ul|ol|dl|[a-z][\w-]*)\b[^>]*>/giu;
  for (const match of html.value.matchAll(tag)) {
    const name = (match[1] ?? '').toLowerCase();
    const isWhole = ['table', 'ul', 'ol', 'dl', 'script', 'style', 'template'].includes(name);
    if (!isWhole && !isHiddenTag(match[0])) continue;
    const open = new RegExp(`<${name}\\b`, 'giu');
    const close = new RegExp(`</${name}\\s*>`, 'giu');
    let depth = 0;
    for (let index = at; index < nodes.length; index++) {
      const value = rawHtml(nodes[index]);
      depth += count(value, open) - count(value, close);
      if (depth <= 0) {
        if (index > at) return index;
        break;
      }
      // Hidden and never closed: hidden to the end, as a browser would.
      if (index === nodes.length - 1 && !isWhole) return index;
    }
  }
  return at;
}

function rawHtml(node: Nodes | undefined): string {
  if (node === undefined) return '';
  if (node.type === 'html') return node.value;
  // Inside an indented table row the parser sees code.
  if (node.type === 'code' || node.type === 'text') return node.value;
  return 'children' in node ? node.children.map(rawHtml).join('') : '';
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function slice(source: string, first: Nodes, last: Nodes): string {
  return source.slice(first.position?.start.offset ?? 0, last.position?.end.offset ?? 0);
}

/** A list, its nested lists as deeper items; what is no text inside an item becomes its own block. */
function list(node: List, source: string, blocks: Block[]): void {
  let items: ListItem[] = [];
  const flush = (): void => {
    if (items.length > 0) blocks.push({ kind: 'list', items });
    items = [];
  };
  const add = (current: List, level: number): void => {
    current.children.forEach((item, index) => {
      const marker = current.ordered === true ? `${(current.start ?? 1) + index}.` : '-';
      let isFirst = true;
      for (const child of item.children) {
        if (child.type === 'paragraph') {
          const check =
            isFirst && typeof item.checked === 'boolean' ? (item.checked ? '[x] ' : '[ ] ') : '';
          const text = check + inline(child.children);
          const previous = items.at(-1);
          if (isFirst || previous === undefined) {
            items.push({ depth: level, marker: isFirst ? marker : '', text });
          } else previous.text += `\n${text}`;
          isFirst = false;
        } else if (child.type === 'list') add(child, level + 1);
        else {
          flush();
          flow([child], source, blocks);
        }
      }
    });
  };
  add(node, 0);
  flush();
}

/** Text of inline nodes: marks gone, link targets gone unless they are an address to write to. */
function inline(nodes: readonly PhrasingContent[]): string {
  return unwrapSoftBreaks(inlineParts(nodes));
}

function inlineParts(nodes: readonly PhrasingContent[]): string {
  let text = '';
  let hiddenUntil: string | null = null;
  for (const node of nodes) {
    if (node.type === 'html') {
      const tag = /^<(\/?)([a-z][\w-]*)/iu.exec(node.value);
      const name = tag?.[2]?.toLowerCase() ?? '';
      if (hiddenUntil !== null) {
        if (tag?.[1] === '/' && name === hiddenUntil) hiddenUntil = null;
      } else if (name === 'br') text += '\n';
      else if (tag?.[1] === '' && isHiddenTag(node.value)) hiddenUntil = name;
      continue;
    }
    if (hiddenUntil !== null) continue;
    if (node.type === 'text') text += node.value.replaceAll('\n', SOFT_BREAK);
    else if (node.type === 'inlineCode') text += node.value.replaceAll('\n', ' ');
    else if (node.type === 'break') text += '\n';
    else if (node.type === 'link') {
      const label = inlineParts(node.children);
      const address = /^(?:mailto|tel):([^?]+)/u.exec(node.url)?.[1];
      text += address === undefined || label.includes(address) ? label : `${label} (${address})`;
    } else if ('children' in node) text += inlineParts(node.children);
  }
  return text;
}
