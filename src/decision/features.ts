import { mentionedNames, mentionedNumbers } from './mentions.js';

/** What one search leg and the question say about a hit; no passage text goes further than here. */
export type ProbeHit = {
  documentId: string;
  /** Cosine -1..1, null when the dense leg did not return the hit. */
  similarity: number | null;
  denseRank: number | null;
  /** BM25, null when the keyword leg did not return the hit. */
  keywordScore: number | null;
  keywordRank: number | null;
  /** Search tokens of title, section and text. */
  tokens: ReadonlySet<string>;
  /** Title, section and text, NFKC. */
  text: string;
};

export type Probe = {
  question: string;
  language: 'ja' | 'en';
  followUp: boolean;
  /** Unit vector of the question, for decision files that use it. */
  questionEmbedding: Float32Array;
  /** Content tokens of the question. */
  questionTokens: readonly string[];
  /** Best first. */
  hits: readonly ProbeHit[];
  /** Highest cosine with the example questions of each kind. */
  affinities: {
    general: number;
    company: number;
    adapters: Readonly<Record<string, number>>;
  };
  /** How many of the hits the prompt will hold. */
  passages: number;
};

export const FEATURE_NAMES = [
  'dense_top',
  'dense_margin',
  'keyword_top',
  'keyword_margin',
  'leg_agreement',
  'top_agreement',
  'coverage',
  'coverage_best',
  'number_mismatch',
  'name_mismatch',
  'general_margin',
  'language_ja',
  'follow_up',
  'question_length',
] as const;
export type FeatureName = (typeof FEATURE_NAMES)[number];

export type Features = Readonly<Record<FeatureName, number>> & {
  /** -1..1 per adapter: nearness to its example questions over nearness to company questions. */
  readonly adapterAffinity: Readonly<Record<string, number>>;
};

/** Cosines of multilingual-e5 lie in about .7-1.0 whatever the texts (arXiv 2402.05672, sec. 3). */
const DENSE_FLOOR = 0.7;
/** A margin of .05 between two e5 cosines is large: half of all questions on baobab-dev lie below. */
const MARGIN_SCALE = 0.05;
/** BM25 at which `keyword_top` is one half. */
const KEYWORD_HALF = 12;

/**
 * The evidence of one decision: each feature bounded to 0..1, or -1..1 for margins.
 *
 * - `dense_top`, `keyword_top`: strength of the best hit of a leg.
 * - `dense_margin`, `keyword_margin`: lead of the best document of a leg over the next document.
 * - `leg_agreement`: share of the five best documents of one leg among those of the other.
 * - `top_agreement`: 1 when the best fused hit is among the first three of both legs.
 * - `coverage`, `coverage_best`: share of the question's content tokens in the passages that the
 *   prompt will hold, and in the best single one.
 * - `number_mismatch`, `name_mismatch`: share of the numbers or codes, and of the names, of the
 *   question that those passages do not mention.
 * - `general_margin`: nearness to small talk, tasks and world knowledge over nearness to questions
 *   on company matters.
 */
export function computeFeatures(probe: Probe): Features {
  const dense = probe.hits
    .filter((hit) => hit.similarity !== null)
    .sort((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0));
  const keyword = probe.hits
    .filter((hit) => hit.keywordScore !== null)
    .sort((a, b) => (b.keywordScore ?? 0) - (a.keywordScore ?? 0));
  const shown = probe.hits.slice(0, probe.passages);
  const denseTop = dense[0]?.similarity ?? 0;
  const keywordTop = keyword[0]?.keywordScore ?? 0;
  const denseNext = nextDocument(dense)?.similarity ?? DENSE_FLOOR;
  const keywordNext = nextDocument(keyword)?.keywordScore ?? 0;
  const best = probe.hits[0];
  const shownText = shown.map((hit) => hit.text).join('\n');

  return {
    dense_top: clamp((denseTop - DENSE_FLOOR) / (1 - DENSE_FLOOR)),
    dense_margin: dense.length === 0 ? 0 : clamp((denseTop - denseNext) / MARGIN_SCALE),
    keyword_top: keywordTop / (keywordTop + KEYWORD_HALF),
    keyword_margin: keywordTop === 0 ? 0 : clamp((keywordTop - keywordNext) / keywordTop),
    leg_agreement: shareOfDocuments(dense, keyword, 5),
    top_agreement:
      best !== undefined && (best.denseRank ?? 99) <= 3 && (best.keywordRank ?? 99) <= 3 ? 1 : 0,
    coverage: covered(probe.questionTokens, shown),
    coverage_best: Math.max(0, ...shown.map((hit) => covered(probe.questionTokens, [hit]))),
    number_mismatch: missingShare(mentionedNumbers(probe.question), shownText),
    name_mismatch: missingShare(mentionedNames(probe.question), shownText),
    general_margin: clamp((probe.affinities.general - probe.affinities.company) / MARGIN_SCALE, -1),
    language_ja: probe.language === 'ja' ? 1 : 0,
    follow_up: probe.followUp ? 1 : 0,
    question_length: clamp(probe.questionTokens.length / 30),
    adapterAffinity: Object.fromEntries(
      Object.entries(probe.affinities.adapters).map(([name, affinity]) => [
        name,
        clamp((affinity - probe.affinities.company) / MARGIN_SCALE, -1),
      ]),
    ),
  };
}

function nextDocument(ranked: readonly ProbeHit[]): ProbeHit | undefined {
  return ranked.find((hit) => hit.documentId !== ranked[0]?.documentId);
}

function shareOfDocuments(a: readonly ProbeHit[], b: readonly ProbeHit[], depth: number): number {
  const first = distinctDocuments(a, depth);
  const second = distinctDocuments(b, depth);
  if (first.size === 0 || second.size === 0) return 0;
  let shared = 0;
  for (const id of first) if (second.has(id)) shared++;
  return shared / Math.min(first.size, second.size);
}

function distinctDocuments(ranked: readonly ProbeHit[], depth: number): Set<string> {
  const ids = new Set<string>();
  for (const hit of ranked) {
    if (ids.size === depth) break;
    ids.add(hit.documentId);
  }
  return ids;
}

function covered(tokens: readonly string[], hits: readonly ProbeHit[]): number {
  if (tokens.length === 0) return 0;
  return tokens.filter((token) => hits.some((hit) => hit.tokens.has(token))).length / tokens.length;
}

function missingShare(mentions: readonly string[], text: string): number {
  if (mentions.length === 0) return 0;
  const haystack = text.normalize('NFKC').toLowerCase().replaceAll(',', '');
  return mentions.filter((mention) => !haystack.includes(mention)).length / mentions.length;
}

function clamp(value: number, low = 0): number {
  return Math.min(1, Math.max(low, value));
}
