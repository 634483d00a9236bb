import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CitedPlace,
  type Collected,
  collectSources,
  drawHeld,
  type KnownPassage,
  type PlacedPassage,
  restsOn,
  type Reviewed,
} from '../adapters/data/collect-sources.js';
import { Held } from '../adapters/data/shapes.js';
import type { Config } from '../config.js';
import { isSystemError, KakehashiError } from '../errors.js';
import { type GoldQuestion, partOf } from '../eval/gold.js';
import { containsAnswer } from '../eval/score.js';
import { sentenceSpans } from '../ingest/sentences.js';
import { type Knowledge, LOCAL_MAINTAINER, openKnowledge, openSearch } from '../knowledge.js';
import { UNRESTRICTED } from '../store/filter.js';
import { requireGold } from './corpus-gold.js';
import { EXIT, print, printJson, renderTable } from './terminal.js';

export type CollectOptions = {
  corpus?: string;
  gold?: string;
  feedback: boolean;
  json: boolean;
  signal: AbortSignal;
};

const MOST_DECISIONS = 10_000;
const NEAREST = 5;

/**
 * Writes `adapters/<name>/data/sources.<origin>.jsonl` from the index and what is known to be right
 * in it (of a gold file the fitting half), and draws the groups that are held out. The same call replaces the same file.
 */
export async function adaptersCollect(
  config: Config,
  name: string,
  options: CollectOptions,
): Promise<number> {
  const { corpus, feedback } = options;
  if ((corpus === undefined) === !feedback) {
    throw new KakehashiError('request.invalid', 'Say where the data comes from, one at a time.', {
      remedy: 'Give --corpus NAME or --feedback.',
    });
  }
  await using knowledge = await openKnowledge(config, options);
  const library = await openLibrary(config, knowledge, options.signal);
  const reviewed =
    corpus === undefined
      ? await fromFeedback(knowledge, library)
      : await fromGold(await requireGold(config, corpus, options.gold), corpus, library);
  const collected = collectSources(reviewed, {
    sentences: (text) => sentenceSpans(text).map(({ start, end }) => text.slice(start, end)),
    holds: containsAnswer,
    passagesOf: library.known,
  });
  const file = `sources.${corpus === undefined ? 'feedback' : `corpus-${corpus}`}.jsonl`;
  const held = await write(join(config.adapters, name, 'data'), file, collected);
  if (options.json) printJson({ file, ...collected, held });
  else printCollected(name, file, collected, held);
  return EXIT.done;
}

/** The passages of documents, read once each. */
type Library = {
  /** Of a document and of those it replaces, in order; of a document that is not there, none. */
  read(corpus: string, documentId: string): Promise<readonly KnownPassage[]>;
  /** What `read` gave for this passage's document, or for the one that replaces it. */
  known: (passage: KnownPassage) => readonly KnownPassage[];
  nearest(question: string, corpora: readonly string[] | null): Promise<KnownPassage[]>;
  /** The passage that an answer with these citations rests on alone. */
  cited(citations: readonly CitedPlace[]): Promise<KnownPassage | undefined>;
};

async function openLibrary(
  config: Config,
  knowledge: Knowledge,
  signal: AbortSignal,
): Promise<Library> {
  const { search } = await openSearch(config, knowledge);
  const { passages, records } = knowledge;
  const known = new Map<string, readonly PlacedPassage[]>();
  const replacedBy = new Map<string, Map<string, string[]>>();

  function olderOf(corpus: string, documentId: string): string[] {
    let ofCorpus = replacedBy.get(corpus);
    if (ofCorpus === undefined) {
      ofCorpus = new Map();
      for (const { id } of records.documents.list(corpus)) {
        const newer = records.documents.get(corpus, id, null)?.supersededBy ?? null;
        if (newer !== null) ofCorpus.set(newer, [...(ofCorpus.get(newer) ?? []), id]);
      }
      replacedBy.set(corpus, ofCorpus);
    }
    return ofCorpus.get(documentId) ?? [];
  }

  async function read(corpus: string, documentId: string) {
    const key = `${corpus}/${documentId}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const reader = passages.reader(corpus);
    const ids = [documentId, ...olderOf(corpus, documentId)];
    const found = await Promise.all(ids.map((id) => reader.passagesOf(id, UNRESTRICTED)));
    const all = found.flat().map((passage) => ({ ...passage, corpus }));
    known.set(key, all);
    return all;
  }

  return {
    read,
    known: ({ corpus, documentId }) => known.get(`${corpus}/${documentId}`) ?? [],
    async nearest(query, corpora) {
      const request = { query, corpora, language: null, principal: LOCAL_MAINTAINER };
      const { hits } = await search({ ...request, limit: NEAREST }, { signal });
      for (const hit of hits) await read(hit.corpus, hit.documentId);
      return hits;
    },
    async cited(citations) {
      const [first] = citations;
      if (first === undefined) return undefined;
      const all = await read(first.corpus, first.document_id);
      return all.find((passage) => restsOn(passage, citations));
    },
  };
}

/** The fitting half alone: on the other half it may still be measured what was learned. */
async function fromGold(
  gold: readonly GoldQuestion[],
  corpus: string,
  library: Library,
): Promise<Reviewed[]> {
  const reviewed: Reviewed[] = [];
  const fitting = gold.filter((one) => partOf(one) === 'fit');
  for (const { id, question, lang, kind, answers, documents } of fitting) {
    if (kind === 'unanswerable') {
      const passages = await library.nearest(question, [corpus]);
      reviewed.push({ id, question, lang, kind: 'withheld', passages });
    } else if (kind === 'document') {
      const found = await Promise.all(documents.map((document) => library.read(corpus, document)));
      const ownLanguageFirst = found
        .flat()
        .filter(({ documentId }) => documents.includes(documentId))
        .toSorted((a, b) => Number(b.language === lang) - Number(a.language === lang));
      reviewed.push({ id, question, lang, kind: 'answer', answers, passages: ownLanguageFirst });
    }
  }
  return reviewed;
}

/** Answers that rest on one passage, and silences, that their readers called helpful. */
async function fromFeedback({ records }: Knowledge, library: Library): Promise<Reviewed[]> {
  const reviewed: Reviewed[] = [];
  for (const record of records.decisions.list({ limit: MOST_DECISIONS, helpful: true })) {
    const { id, question, answer, outcome, details } = record;
    if (question === null || answer === null) continue;
    const common = { id, question, lang: details.language };
    if (outcome === 'abstained') {
      const passages = await library.nearest(question, null);
      reviewed.push({ ...common, kind: 'withheld', passages });
      continue;
    }
    const passage = await library.cited(details.citations);
    const plain = answer.replace(/\s*\[\d{1,2}\]/gu, '').trim();
    reviewed.push({
      ...common,
      kind: 'said',
      answer: plain,
      passages: passage === undefined ? [] : [passage],
    });
  }
  return reviewed;
}

async function write(folder: string, file: string, { sources }: Collected): Promise<Held> {
  if (sources.length === 0) {
    throw new KakehashiError('request.invalid', 'Nothing was found to make reading data of.', {
      remedy:
        'A corpus wants gold questions of kind "document"; feedback wants record_text and answers called helpful.',
    });
  }
  await mkdir(folder, { recursive: true });
  const heldFile = join(folder, 'held.json');
  const before = await readFile(heldFile, 'utf8').catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return '{"ja":[],"en":[]}';
    throw error;
  });
  const held = drawHeld(sources, Held.parse(JSON.parse(before)));
  // The held groups first: data without them would be trained on whole.
  await writeFile(heldFile, `${JSON.stringify(held, null, 2)}\n`);
  await writeFile(join(folder, file), sources.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return held;
}

function printCollected(name: string, file: string, { sources, left }: Collected, held: Held) {
  const count = (lang: 'ja' | 'en', kind: 'answer' | 'withheld', isHeld: boolean) =>
    sources
      .filter((one) => one.lang === lang && held[lang].includes(one.group) === isHeld)
      .reduce((sum, { qa }) => sum + qa.filter((one) => one.kind === kind).length, 0);
  print(`adapters/${name}/data/${file}: ${sources.length} passages.\n`);
  print(
    renderTable(
      ['language of the document', 'answered', 'withheld', 'held out of both'],
      (['ja', 'en'] as const).map((lang) => [
        lang,
        String(count(lang, 'answer', false)),
        String(count(lang, 'withheld', false)),
        String(count(lang, 'answer', true) + count(lang, 'withheld', true)),
      ]),
    ),
  );
  for (const [reason, ids] of Object.entries(left)) {
    if (ids.length > 0)
      print(`Left out, ${reason}: ${ids.slice(0, 8).join(', ')} (${ids.length}).`);
  }
  print(`\nRead it, then: kakehashi adapters train ${name} --dry-run`);
}
