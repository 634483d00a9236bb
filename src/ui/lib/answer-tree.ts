import MarkdownIt, { type Token } from 'markdown-it';
import { insertSpanMarks, type Span, splitAtSpanMarks, splitMarkers } from './marks.js';
import { withoutSpanMarks } from './marks.js';

const TAGS = [
  'p',
  'ul',
  'ol',
  'li',
  'blockquote',
  'h3',
  'h4',
  'strong',
  'em',
  's',
  'hr',
  'br',
  'code',
  'pre',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
] as const;
export type AnswerTag = (typeof TAGS)[number];

/** What an answer may be made of; nothing else can reach the page. */
export type AnswerNode =
  | { kind: 'text'; text: string; uncited: boolean }
  | { kind: 'marker'; marker: number }
  | { kind: 'element'; tag: AnswerTag; children: AnswerNode[]; first?: number };

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true });
// `[1]: …` would take the target of the marker [1] out of the text.
markdown.disable(['reference', 'html_block', 'html_inline'], true);

export type AnswerTreeOptions = {
  /** Numbers that name a source. */
  markers: ReadonlySet<number>;
  /** Sentences without a source, as spans of the text, in order. */
  uncited: readonly Span[];
};

/**
 * Markdown as a tree of a few harmless elements. The page builds its elements from this tree, so
 * that no text of a model is ever parsed as HTML: there is nothing to sanitise. Links and images
 * come out as text.
 */
export function parseAnswer(text: string, options: AnswerTreeOptions): AnswerNode[] {
  const root: AnswerNode[] = [];
  const stack: AnswerNode[][] = [root];
  let inside = false;
  const top = (): AnswerNode[] => stack.at(-1) ?? root;

  function addText(content: string, withMarkers: boolean): void {
    const split = splitAtSpanMarks(content, inside);
    inside = split.inside;
    for (const piece of split.pieces) {
      const parts = withMarkers ? splitMarkers(piece.text, options.markers) : [piece];
      for (const part of parts) {
        if ('marker' in part) top().push({ kind: 'marker', marker: part.marker });
        else top().push({ kind: 'text', text: part.text, uncited: piece.inside });
      }
    }
  }

  function addLeaf(tag: AnswerTag, content: string): void {
    const element: AnswerNode = { kind: 'element', tag, children: [] };
    top().push(element);
    stack.push(element.children);
    addText(content, false);
    stack.pop();
  }

  function open(token: Token): void {
    const tag = tagOf(token.tag);
    if (tag === null) return;
    const start = Number(token.attrGet('start') ?? 1);
    const first = tag === 'ol' && start !== 1 ? { first: start } : {};
    const element: AnswerNode = { kind: 'element', tag, children: [], ...first };
    top().push(element);
    stack.push(element.children);
  }

  function visit(tokens: readonly Token[]): void {
    const links: string[] = [];
    for (const token of tokens) {
      if (token.hidden) continue;
      if (token.type === 'inline') visit(token.children ?? []);
      else if (token.type === 'text') addText(token.content, true);
      else if (token.type === 'code_inline') addLeaf('code', token.content);
      else if (token.type === 'fence' || token.type === 'code_block') {
        addLeaf('pre', token.content.replace(/\n$/u, ''));
      } else if (token.type === 'image') addText(token.content, true);
      else if (token.type === 'softbreak' || token.type === 'hardbreak') addVoid('br');
      else if (token.type === 'hr') addVoid('hr');
      else if (token.type === 'link_open') {
        links.push(token.markup === 'autolink' ? '' : String(token.attrGet('href') ?? ''));
      } else if (token.type === 'link_close') {
        const href = withoutSpanMarks(links.pop() ?? '');
        if (href !== '') addText(` (${href})`, false);
      } else if (token.nesting === 1) open(token);
      else if (token.nesting === -1 && tagOf(token.tag) !== null) stack.pop();
    }
  }

  function addVoid(tag: 'br' | 'hr'): void {
    top().push({ kind: 'element', tag, children: [] });
  }

  visit(markdown.parse(insertSpanMarks(text, options.uncited), {}));
  return root;
}

/** Headings of an answer stand below those of the page. */
function tagOf(tag: string): AnswerTag | null {
  if (/^h[1-6]$/u.test(tag)) return tag === 'h1' || tag === 'h2' ? 'h3' : 'h4';
  return TAGS.find((known) => known === tag) ?? null;
}
