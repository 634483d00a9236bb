import { KakehashiError } from '../errors.js';
import {
  findPersonalData,
  PERSONAL_KINDS,
  PERSONAL_WORDS,
  type PersonalFinding,
  type PersonalKind,
} from '../personal-data.js';

/**
 * What is done about a kind of personal data: `block` keeps the document out of the index, `redact`
 * covers the place, `allow` counts it.
 */
export type PersonalAction = 'block' | 'redact' | 'allow';
export type PersonalPolicy = {
  actions: Readonly<Record<PersonalKind, PersonalAction>>;
  ownDomains: readonly string[];
};

/** Found in a document, by kind; what is blocked is never here. */
export type PersonalCounts = Readonly<Record<PersonalKind, number>>;

/**
 * Individual numbers may be kept for the purposes of the law alone (行政手続における特定の個人を識別する
 * ための番号の利用等に関する法律, articles 19 and 20). Phone numbers, addresses and mail addresses are
 * what manuals and rules are asked for.
 */
export const DEFAULT_ACTIONS: Readonly<Record<PersonalKind, PersonalAction>> = {
  individual_number: 'block',
  card: 'redact',
  phone: 'allow',
  email: 'allow',
  address: 'allow',
};

/** As long as what it covers, so that offsets stay. */
const COVER = '█';

/**
 * The text as it may be stored, of the same length. Errors: `ingest.personal_data` naming kind and line,
 * never the data itself; it withdraws what was stored before.
 */
export function protect(
  text: string,
  { actions, ownDomains }: PersonalPolicy,
): { text: string; counts: PersonalCounts } {
  const found = findPersonalData(text, { ownDomains });
  const blocked = found.find(({ kind }) => actions[kind] === 'block');
  if (blocked !== undefined) throw refused(blocked, text);
  const counts = Object.fromEntries(
    PERSONAL_KINDS.map((kind) => [kind, found.filter((one) => one.kind === kind).length]),
  ) as Record<PersonalKind, number>;
  return { text: cover(text, found, actions), counts };
}

function cover(
  text: string,
  found: readonly PersonalFinding[],
  actions: PersonalPolicy['actions'],
): string {
  let covered = '';
  let done = 0;
  for (const { kind, start, end } of found) {
    if (actions[kind] !== 'redact') continue;
    covered += text.slice(done, start) + COVER.repeat(end - start);
    done = end;
  }
  return covered + text.slice(done);
}

function refused({ kind, start }: PersonalFinding, text: string): KakehashiError {
  const line = text.slice(0, start).split('\n').length;
  return new KakehashiError(
    'ingest.personal_data',
    `The document holds ${PERSONAL_WORDS[kind]} (line ${line} of its text).`,
    {
      remedy: `Take it out, or set personal_data: { ${kind}: redact } in corpus.yaml.`,
      detail: { withdraws: true },
    },
  );
}
