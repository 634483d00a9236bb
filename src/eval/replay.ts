import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answerer, PassageEvent } from '../answer/answerer.js';
import { PROMPT_VERSION } from '../answer/prompt.js';
import { throwIfAborted } from '../errors.js';
import { openLineCache } from '../line-cache.js';
import { AnswerRequest, AnswerResponse } from '../schemas.js';
import type { Principal } from '../store/passage.js';
import type { GoldQuestion } from './gold.js';
import { containsAnswer, type Score, scoreAnswer } from './score.js';

/** One way of answering: `auto`, `direct`, `retrieve`, `adapter:<name>`, `both:<name>`. */
export type ArmSpec = string;

export type Replayed = {
  gold: GoldQuestion;
  arm: ArmSpec;
  response: AnswerResponse;
  score: Score;
  /** A passage that was read lies in a gold document and holds a gold answer. */
  holds: boolean;
};

const CacheLine = z.strictObject({
  key: z.string(),
  response: AnswerResponse,
  holds: z.boolean(),
});
type CacheLine = z.infer<typeof CacheLine>;

export type ReplayOptions = {
  corpus: string;
  arms: readonly ArmSpec[];
  principal: Principal;
  /** Answers already made are taken from here, new ones appended: a killed run goes on. */
  cacheFile: string;
  /** Models, index, adapters and policy: whatever changes an answer in this arm. */
  fingerprint: (arm: ArmSpec) => string;
  /** Questions asked at once. Defaults to 1: on few cores answers only slow each other down. */
  jobs?: number;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: { done: number; total: number; cached: number }) => void;
};

/** Runs every question through every arm; results stand in the order of the gold file. */
export async function replay(
  answerer: Answerer,
  questions: readonly GoldQuestion[],
  options: ReplayOptions,
): Promise<Replayed[]> {
  const cache = await openLineCache(options.cacheFile, CacheLine);
  const wanted = questions.flatMap((gold) => options.arms.map((arm) => ({ gold, arm })));
  const results: Replayed[] = [];
  let [next, done, cached] = [0, 0, 0];
  async function work(): Promise<void> {
    for (let at = next++; at < wanted.length; at = next++) {
      throwIfAborted(options.signal);
      const { gold, arm } = wanted[at] as (typeof wanted)[number];
      const key = cacheKey(gold, arm, options);
      let line = cache.get(key);
      if (line === undefined) {
        line = await cache.put({ key, ...(await ask(answerer, gold, arm, options)) });
      } else {
        cached++;
      }
      const { response, holds } = line;
      results[at] = { gold, arm, response, holds, score: scoreAnswer(gold, response) };
      options.onProgress?.({ done: ++done, total: wanted.length, cached });
    }
  }
  await Promise.all(Array.from({ length: options.jobs ?? 1 }, work));
  return results;
}

async function ask(
  answerer: Answerer,
  gold: GoldQuestion,
  arm: ArmSpec,
  { corpus, principal, signal }: ReplayOptions,
): Promise<Omit<CacheLine, 'key'>> {
  let holds = false;
  const response = await answerer.answer(requestFor(gold, arm, corpus), principal, {
    signal,
    onEvent: ({ event, data }) => {
      if (event === 'passages') holds = data.passages.some((passage) => tells(passage, gold));
    },
  });
  return { response, holds };
}

function tells({ document_id, text }: PassageEvent, { documents, answers }: GoldQuestion): boolean {
  return documents.includes(document_id) && answers.some((answer) => containsAnswer(text, answer));
}

function requestFor(gold: GoldQuestion, arm: ArmSpec, corpus: string): AnswerRequest {
  const [mode, adapter] = arm.split(':');
  return AnswerRequest.parse({
    question: gold.question,
    corpora: [corpus],
    mode,
    max_tokens: 160,
    deadline_ms: 300_000,
    ...(adapter === undefined ? {} : { adapter }),
  });
}

/** Of what is done with a draft until it is an answer: raise it with what stands in `src/answer`. */
const DRAFT_VERSION = '2';

/** Whatever an answer and `holds` depend on: who may read what, and what the gold file says is right. */
function cacheKey(gold: GoldQuestion, arm: ArmSpec, options: ReplayOptions): string {
  return createHash('sha256')
    .update(
      JSON.stringify([
        gold.question,
        gold.answers,
        gold.documents,
        arm,
        options.corpus,
        options.fingerprint(arm),
        options.principal.access.toSorted(),
        options.principal.readsAll,
        PROMPT_VERSION,
        DRAFT_VERSION,
      ]),
    )
    .digest('hex');
}
