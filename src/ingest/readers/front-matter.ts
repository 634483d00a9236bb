import { KakehashiError } from '../../errors.js';
import { parseLanguage } from '../language.js';
import { parseDate, type StatedMeta } from '../reader.js';
import { parseYaml } from '../yaml.js';

const FENCE = /^\ufeff?---[^\S\n]*\n([\s\S]*?)\n(?:---|\.\.\.)[^\S\n]*(?:\n|$)/u;
const EMPTY_FENCE = /^\ufeff?---[^\S\n]*\n---[^\S\n]*(?:\n|$)/u;
/** The lines up to a blank one, where nothing closes them. */
const OPEN_FENCE = /^\ufeff?---[^\S\n]*\n((?:[^\n]+(?:\n|$))*)/u;
/** A line about rights, in YAML that may not parse. */
const ACCESS = /^\W{0,3}access["']?[^\S\n]*:/mu;

/**
 * Splits the YAML between the first `---` lines from the body. Errors: `ingest.read_failed` when it does
 * not parse, or states access and has no end; what states access withdraws.
 */
export function splitFrontMatter(source: string): { meta: StatedMeta; body: string } {
  const empty = EMPTY_FENCE.exec(source);
  if (empty !== null) return { meta: {}, body: source.slice(empty[0].length) };
  const match = FENCE.exec(source);
  if (match === null) {
    if (ACCESS.test(OPEN_FENCE.exec(source)?.[1] ?? '')) {
      throw new KakehashiError('ingest.read_failed', 'The front matter is not closed.', {
        remedy: 'End it with a line --- of its own.',
        detail: { withdraws: true },
      });
    }
    return { meta: {}, body: source };
  }
  const body = source.slice(match[0].length);
  let values: unknown;
  try {
    values = parseYaml(match[1] ?? '');
  } catch (error) {
    throw new KakehashiError(
      'ingest.read_failed',
      'The front matter between the --- lines is not valid YAML.',
      {
        remedy: 'Put values that hold a colon or a quote between quotes.',
        detail: { withdraws: ACCESS.test(match[1] ?? '') },
        cause: error,
      },
    );
  }
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
    return { meta: statedMeta(values as Record<string, unknown>), body };
  }
  // `---`, text, `---`: two rulers around a paragraph.
  return values === null ? { meta: {}, body } : { meta: {}, body: source };
}

/** The fields that Kakehashi knows, under the names used in front matter, JSON lines and meta tags. */
export function statedMeta(values: Readonly<Record<string, unknown>>): StatedMeta {
  const meta: StatedMeta = {};
  const id = scalar(values['id']);
  if (id !== undefined) meta.id = id;
  const title = scalar(values['title']);
  if (title !== undefined) meta.title = title;
  const language = parseLanguage(scalar(values['lang'] ?? values['language']) ?? '');
  if (language !== null) meta.language = language;
  const access = accessList(values['access']);
  if (access !== undefined) meta.access = access;
  const updated =
    parseDate(values['updated']) ?? parseDate(values['effective']) ?? parseDate(values['date']);
  if (updated !== undefined) meta.updated = updated;
  const supersededBy = scalar(values['superseded_by']);
  if (supersededBy !== undefined) meta.supersededBy = supersededBy;
  const url = scalar(values['url']);
  if (url !== undefined && /^https?:\/\//u.test(url)) meta.url = url;
  return meta;
}

function scalar(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A list, or one string with commas. Present but of another shape: kept as text, so that it fails. */
function accessList(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    return value.map((tag: unknown) =>
      typeof tag === 'string' ? tag.trim() : JSON.stringify(tag),
    );
  }
  if (typeof value !== 'string') return [JSON.stringify(value)];
  return value
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}
