import { findWordKey, type Translate } from './i18n.js';

export type EvidenceRow = {
  name: string;
  value: string;
  /** 0..1 for a bar, null when the value is no share. */
  share: number | null;
};

/** Numbers that mean yes or no. */
const FLAGS = new Set(['language_ja', 'follow_up', 'top_agreement']);
/** Texts that name a way of answering. */
const ARMS = new Set(['reading_arm', 'second_look']);
/** Numbers that count something. */
const COUNTS = new Set(['passages', 'passages_dropped']);

/** The evidence of a decision by readable names; an unknown feature keeps its own name. */
export function describeEvidence(
  evidence: Readonly<Record<string, number | string | boolean>>,
  t: Translate,
): EvidenceRow[] {
  return Object.entries(evidence).map(([name, value]) => ({
    name: nameOf(name, t),
    ...describeValue(name, value, t),
  }));
}

function nameOf(name: string, t: Translate): string {
  const [base = name, adapter = ''] = name.split(':');
  const key = findWordKey(`evidence.${base}`);
  return key === null ? name : t(key, { name: adapter });
}

function describeValue(
  name: string,
  value: number | string | boolean,
  t: Translate,
): Omit<EvidenceRow, 'name'> {
  if (typeof value === 'boolean' || FLAGS.has(name)) {
    return { value: t(Number(value) > 0.5 ? 'why.yes' : 'why.no'), share: null };
  }
  if (typeof value === 'string') {
    const [arm = value, adapter] = value.split(':');
    const key = ARMS.has(name) ? findWordKey(`arm.short.${arm}`) : null;
    if (key === null) return { value, share: null };
    return { value: adapter === undefined ? t(key) : `${t(key)} (${adapter})`, share: null };
  }
  if (COUNTS.has(name)) return { value: String(value), share: null };
  return { value: value.toFixed(2), share: Math.min(1, Math.max(0, value)) };
}
