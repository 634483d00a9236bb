import { createHash } from 'node:crypto';
import { personalDataIn } from './check-data.js';
import type { Held, Language, Source, SourceQuestion } from './shapes.js';

/** A passage of a corpus as the index holds it. */
export type KnownPassage = {
  corpus: string;
  documentId: string;
  language: Language;
  title: string;
  section: string;
  context: string;
  text: string;
  updated: string | null;
  /** Id of the document that replaces this one. */
  supersededBy: string | null;
};

/** A place that an answer cites. */
export type CitedPlace = {
  corpus: string;
  document_id: string;
  revision: string;
  start: number;
  verified: boolean;
};

/** A passage with the revision of its document and its place in that. */
export type PlacedPassage = KnownPassage & { revision: string; start: number; end: number };

/** A question whose right outcome is known. */
export type Reviewed = {
  id: string;
  question: string;
  lang: Language;
  /** Where the answer stands, or, when nothing tells it, the nearest passages; best first. */
  passages: readonly KnownPassage[];
} & (
  | { kind: 'answer' /** Any of them is in a right answer. */; answers: readonly string[] }
  /** A whole answer that was found right, with the one passage it rests on, or none. */
  | { kind: 'said'; answer: string }
  | { kind: 'withheld' }
);

export type CollectNeeds = {
  sentences: (text: string) => readonly string[];
  /** Whether a text holds a gold answer. */
  holds: (text: string, answer: string) => boolean;
  /** All passages of a document of these, and of what it replaces, in order. */
  passagesOf: (passage: KnownPassage) => readonly KnownPassage[];
};

export type Collected = {
  sources: Source[];
  /** Reviewed questions that gave nothing, by reason. */
  left: Record<
    | 'not in the documents'
    | 'not resting on one passage as it stands'
    | 'personal data'
    | 'nothing near',
    string[]
  >;
};

const NOTHING_FOUND = {
  answer: 'not in the documents',
  said: 'not resting on one passage as it stands',
  withheld: 'nothing near',
} as const;

/** Longer sentences are no model for a short answer; the gold string itself then is. */
const LONGEST_ANSWER = { ja: 80, en: 180 };
/** Passages of a document beside the one asked about: what is read next to it. */
const MOST_NEIGHBOURS = 5;
/** One group in so many is held out. */
const HELD_ONE_IN = 5;

/**
 * Reading data from questions whose right outcome is known: gold files and answers that readers
 * called helpful. Each passage that tells an answer becomes a source with its document named; other
 * passages of the document and of the revision it replaces stand beside it, as in RAFT (Zhang et al.
 * 2024, arXiv 2403.10131). Questions that no document tells are withheld beside the nearest.
 */
export function collectSources(reviewed: readonly Reviewed[], needs: CollectNeeds): Collected {
  const left: Collected['left'] = {
    'not in the documents': [],
    'not resting on one passage as it stands': [],
    'personal data': [],
    'nothing near': [],
  };
  // By id: the same passage is another object each time that it is found.
  const asked = new Map<string, { passage: KnownPassage; qa: SourceQuestion[] }>();
  const seen = new Set<string>();
  for (const one of reviewed) {
    if (seen.has(one.question)) continue;
    seen.add(one.question);
    const found = questionOf(one, needs);
    if (found === null) {
      left[NOTHING_FOUND[one.kind]].push(one.id);
    } else if (isPersonal(one.question, found.qa.answer, found.passage.text)) {
      left['personal data'].push(one.id);
    } else {
      const id = sourceId(found.passage);
      const before = asked.get(id)?.qa ?? [];
      asked.set(id, { passage: found.passage, qa: [...before, found.qa] });
    }
  }
  const shown = new Map<string, KnownPassage>();
  for (const { passage } of asked.values()) {
    for (const one of [passage, ...neighbours(passage, needs)]) {
      if (!isPersonal(one.text)) shown.set(sourceId(one), one);
    }
  }
  const all = [...shown.values()];
  const qaOf = (one: KnownPassage) => asked.get(sourceId(one))?.qa ?? [];
  return { sources: all.map((one) => sourceOf(one, qaOf(one), all)), left };
}

/**
 * Whether an answer rests on this passage alone: each of its citations is verified and lies in it, in
 * the revision that was cited. What else it rests on would be learned without a word in the lineage,
 * and a revision since may say something else.
 */
export function restsOn(passage: PlacedPassage, citations: readonly CitedPlace[]): boolean {
  return (
    citations.length > 0 &&
    citations.every(
      ({ corpus, document_id, revision, start, verified }) =>
        verified &&
        corpus === passage.corpus &&
        document_id === passage.documentId &&
        revision === passage.revision &&
        passage.start <= start &&
        start < passage.end,
    )
  );
}

/**
 * `before` with the groups of `sources` that are held out. Which these are follows from their names,
 * so that a document that was held out once is never learned later. Of two groups or more of a
 * language one at least is.
 */
export function drawHeld(sources: readonly Source[], before: Held): Held {
  const drawn = (lang: Language) => {
    const groups = [
      ...new Set(sources.filter((one) => one.lang === lang).map(({ group }) => group)),
    ];
    const isHeld = (group: string) =>
      before[lang].includes(group) || hashNumber(group) % HELD_ONE_IN === 0;
    const held = groups.filter(isHeld);
    if (held.length === 0 && groups.length > 1) {
      held.push(...groups.toSorted((a, b) => hashNumber(a) - hashNumber(b)).slice(0, 1));
    }
    return [...new Set([...before[lang], ...held])].toSorted();
  };
  return { ja: drawn('ja'), en: drawn('en') };
}

function questionOf(
  one: Reviewed,
  { sentences, holds }: CollectNeeds,
): { passage: KnownPassage; qa: SourceQuestion } | null {
  const qa = (passage: KnownPassage, kind: SourceQuestion['kind'], answer: string) => ({
    passage,
    qa: {
      kind,
      question: one.question,
      answer,
      ...(passage.language === one.lang ? {} : { cross: true }),
    },
  });
  const [nearest] = one.passages;
  if (one.kind !== 'answer') {
    if (nearest === undefined) return null;
    return one.kind === 'said'
      ? qa(nearest, 'answer', one.answer)
      : qa(nearest, 'withheld', notTold(nearest, one.lang));
  }
  for (const passage of one.passages) {
    const gold = one.answers.find((answer) => holds(passage.text, answer));
    if (gold === undefined) continue;
    const sentence = sentences(passage.text)
      .find((text) => holds(text, gold))
      ?.replace(/^[-*・]\s*/u, '');
    const plain =
      sentence !== undefined &&
      passage.language === one.lang &&
      !sentence.includes('|') &&
      sentence.length <= LONGEST_ANSWER[one.lang];
    return qa(passage, 'answer', plain ? sentence : gold + (one.lang === 'ja' ? '。' : '.'));
  }
  return null;
}

function notTold({ title, section }: KnownPassage, lang: Language): string {
  const place = section === '' ? title : section;
  return lang === 'ja'
    ? `資料は「${place}」についてのもので、この質問の答えは書かれていません。`
    : `The passages are about "${place}" and do not tell this.`;
}

function neighbours(passage: KnownPassage, { passagesOf }: CollectNeeds): KnownPassage[] {
  const all = passagesOf(passage).filter((one) => sourceId(one) !== sourceId(passage));
  // The same section of an earlier revision first: it says something else of the same thing.
  const isTwin = (one: KnownPassage) =>
    one.documentId !== passage.documentId && one.section === passage.section;
  return [...all.filter(isTwin), ...all.filter((one) => !isTwin(one))].slice(0, MOST_NEIGHBOURS);
}

function sourceOf(
  passage: KnownPassage,
  qa: SourceQuestion[],
  all: readonly KnownPassage[],
): Source {
  const { corpus, documentId, language, title, section, context, text, updated } = passage;
  const replaced = all.find(
    (one) => one.supersededBy === documentId && one.corpus === corpus && one.section === section,
  );
  return {
    id: sourceId(passage),
    lang: language,
    group: nameOf(`${corpus}/${newestOf(passage, all)}`),
    title,
    section,
    updated,
    text: context === '' ? text : `${context}\n${text}`,
    document: { corpus, id: documentId },
    ...(replaced === undefined ? {} : { supersedes: sourceId(replaced) }),
    qa,
  };
}

/** Id of the document in force: revisions of one are one group. */
function newestOf(passage: KnownPassage, all: readonly KnownPassage[]): string {
  const followed = new Set([passage.documentId]);
  let { documentId, supersededBy } = passage;
  while (supersededBy !== null && !followed.has(supersededBy)) {
    followed.add(supersededBy);
    documentId = supersededBy;
    supersededBy = all.find((one) => one.documentId === documentId)?.supersededBy ?? null;
  }
  return documentId;
}

function sourceId({ corpus, documentId, section, text }: KnownPassage): string {
  return nameOf(`${corpus}/${documentId}`, `${section}\n${text}`);
}

/** A readable name of at most 64 characters that differs for different texts. */
function nameOf(name: string, rest = ''): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/gu, '-');
  const hash = createHash('sha256').update(`${name}\n${rest}`).digest('hex').slice(0, 10);
  return `${plain.replace(/^-+/u, '').slice(0, 50).replace(/-+$/u, '')}-${hash}`.replace(/^-/u, '');
}

function hashNumber(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}

function isPersonal(...texts: readonly string[]): boolean {
  return personalDataIn(texts.join('\n')).length > 0;
}
