/**
 * What a person looking at the page cannot see. Such text is left out: it is where instructions to
 * a model are hidden (OWASP LLM08, "detect hidden content").
 */

type Attributes = (name: string) => string | null;

const HIDING_STYLE = new RegExp(
  [
    'display\\s*:\\s*none',
    'visibility\\s*:\\s*(?:hidden|collapse)',
    'opacity\\s*:\\s*0(?:\\.0+)?\\s*(?:;|!|$)',
    'font-size\\s*:\\s*(?:0|0?\\.\\d+|1)(?:\\.\\d+)?\\s*(?:px|pt|em|rem|%)?\\s*(?:;|!|$)',
    '(?:left|top|right|bottom|text-indent|margin-left|margin-top)\\s*:\\s*-\\d{3,}',
    '(?:^|;)\\s*(?:max-)?(?:width|height)\\s*:\\s*0(?:px|em|%)?\\s*(?:;|!|$)',
    'clip(?:-path)?\\s*:\\s*(?:rect\\(\\s*0|inset\\(\\s*(?:50|100)%)',
    'transform\\s*:\\s*scale\\(\\s*0\\s*\\)',
  ].join('|'),
  'iu',
);
const PALE =
  /(?:^|;)\s*color\s*:\s*(?:white|transparent|#f{3}\b|#f{4}\b|#f{6}\b|#f{8}\b|#fefefe|rgba?\(\s*255\s*,\s*255\s*,\s*255|rgba\([^);]*,\s*0(?:\.0+)?\s*\)|hsla?\([^);]*,\s*100%)/iu;
const BACKGROUND =
  /background(?:-color|-image)?\s*:(?!\s*(?:none|white|transparent|inherit|#f{3}\b|#f{6}\b))/iu;
const HIDING_CLASS =
  /(?:^|\s)(?:sr-only|visually-?hidden|screen-reader-(?:text|only)|d-none|is-hidden)(?:\s|$)/u;

/** Whether an element hides its content; `onBackground` when it stands on a coloured ground. */
export function hidesContent(attribute: Attributes, onBackground: boolean): boolean {
  if (attribute('hidden') !== null) return true;
  if (attribute('aria-hidden')?.toLowerCase() === 'true') return true;
  if (HIDING_CLASS.test(attribute('class') ?? '')) return true;
  const style = attribute('style') ?? '';
  if (HIDING_STYLE.test(style)) return true;
  const isPale =
    PALE.test(style) || /^(?:white|#f{3}|#f{6})$/iu.test((attribute('color') ?? '').trim());
  return isPale && !onBackground && !hasBackground(attribute);
}

/** Whether the element paints something behind its text, on which white words can be read. */
export function hasBackground(attribute: Attributes): boolean {
  const ground = attribute('bgcolor') ?? attribute('background') ?? '';
  if (ground !== '' && !/^(?:white|#f{3}|#f{6})$/iu.test(ground.trim())) return true;
  return BACKGROUND.test(attribute('style') ?? '');
}

const ATTRIBUTE = /([a-z][\w:-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/giu;

/** The same for a tag as written, `<span style="display:none">`. */
export function isHiddenTag(tag: string): boolean {
  const attributes = new Map<string, string>();
  const inner = tag.replace(/^<[a-z][\w-]*/iu, '').replace(/\/?>$/u, '');
  for (const [, name = '', double, single, bare] of inner.matchAll(ATTRIBUTE)) {
    attributes.set(name.toLowerCase(), double ?? single ?? bare ?? '');
  }
  return hidesContent((name) => attributes.get(name) ?? null, false);
}

/** Longer style sheets hide nothing. */
const MAX_CSS = 200_000;

/**
 * Classes and ids that the page's own style sheet hides. Rules inside `@media` do not count: a
 * block hidden on paper is seen on screen.
 */
export function hiddenNames(css: string): { classes: Set<string>; ids: Set<string> } {
  const names = { classes: new Set<string>(), ids: new Set<string>() };
  const plain = css.slice(0, MAX_CSS).replace(/\/\*[\s\S]*?(?:\*\/|$)/gu, '');
  const open: { selectors: string; counts: boolean }[] = [];
  let text = '';
  // One walk from brace to brace: patterns for whole rules take quadratic time on what is none.
  for (const part of plain.split(/([{}])/u)) {
    if (part === '{') {
      const selectors = text.slice(text.lastIndexOf(';') + 1).trim();
      const counts = open.at(-1)?.counts !== false && !selectors.startsWith('@');
      open.push({ selectors, counts });
    } else if (part === '}') {
      const rule = open.pop();
      if (rule?.counts === true && hides(text)) addNames(rule.selectors, names);
      text = '';
    } else text = part;
  }
  return names;
}

function hides(body: string): boolean {
  return HIDING_STYLE.test(body) || (PALE.test(body) && !BACKGROUND.test(body));
}

function addNames(selectors: string, names: { classes: Set<string>; ids: Set<string> }): void {
  for (const selector of selectors.split(',')) {
    const match = /^\s*[a-z]*([.#])([\w-]+)\s*$/iu.exec(selector);
    if (match !== null) (match[1] === '.' ? names.classes : names.ids).add(match[2] ?? '');
  }
}
