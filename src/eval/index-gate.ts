import { KakehashiError } from '../errors.js';
import type { GoldQuestion } from './gold.js';

/** Document ids that a search finds first, best first. */
export type FindDocuments = (question: string) => Promise<readonly string[]>;

/** Documents looked at for each question. */
export const GATE_DEPTH = 5;

/**
 * Refuses a version in which gold questions find their documents less often among the first five than
 * in the live one, by more than `margin` (a share of the questions). Nothing is asked without a live
 * version or gold. Errors: `gate.refused` naming the questions that got worse.
 */
export async function requireGoldFound(
  questions: readonly GoldQuestion[],
  { live, candidate }: { live: FindDocuments; candidate: FindDocuments },
  margin: number,
): Promise<void> {
  const asked = questions.filter(({ kind }) => kind === 'document');
  if (asked.length === 0) return;
  const worse: GoldQuestion[] = [];
  let [before, now] = [0, 0];
  for (const gold of asked) {
    const isFound = async (find: FindDocuments) =>
      (await find(gold.question)).some((id) => gold.documents.includes(id));
    const [was, is] = [await isFound(live), await isFound(candidate)];
    before += Number(was);
    now += Number(is);
    if (was && !is) worse.push(gold);
  }
  if ((before - now) / asked.length <= margin + 1e-9) return;
  const share = (count: number) => (count / asked.length).toFixed(3);
  throw new KakehashiError(
    'gate.refused',
    `The new index was not published: gold questions find their document in ${share(now)} of ${asked.length} cases, before in ${share(before)}. Worse: ${worse
      .slice(0, 10)
      .map(({ id, question }) => `${id} "${question}"`)
      .join('; ')}.`,
    {
      remedy:
        'The index in use is unchanged. Look at the documents or the gold file, or publish with --accept.',
    },
  );
}
