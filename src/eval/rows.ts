import { FEATURE_NAMES } from '../decision/features.js';
import { type ArmOutcome, ReplayRow } from './outcome.js';
import type { Replayed } from './replay.js';

/**
 * One row for each question, from its replays in every arm with the gates open. The features are those
 * that the answers were decided on.
 */
export function rowsOf(corpus: string, replayed: readonly Replayed[]): ReplayRow[] {
  const byQuestion = new Map<string, Replayed[]>();
  for (const one of replayed) {
    byQuestion.set(one.gold.id, [...(byQuestion.get(one.gold.id) ?? []), one]);
  }
  return [...byQuestion.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const { gold } = first;
    const { evidence, considered } = first.response.decision;
    return ReplayRow.parse({
      id: gold.id,
      corpus,
      lang: gold.lang,
      kind: gold.kind,
      group: `${corpus}/${gold.documents[0] ?? gold.id}`,
      holds: all.some(({ holds }) => holds),
      hasPassages: considered.some(({ arm }) => arm === 'retrieve'),
      features: Object.fromEntries(FEATURE_NAMES.map((name) => [name, numberOf(evidence, name)])),
      // Of all arms: one that was replayed before an adapter came does not know it.
      adapterAffinity: Object.fromEntries(all.flatMap(affinitiesOf)),
      arms: Object.fromEntries(all.map((one) => [one.arm, outcomeOf(one)])),
    });
  });
}

function affinitiesOf({ response: { decision } }: Replayed): [string, number][] {
  return Object.keys(decision.evidence).flatMap((key) => {
    const [base, name] = key.split(':');
    return base === 'adapter_affinity' && name !== undefined
      ? [[name, numberOf(decision.evidence, key)]]
      : [];
  });
}

function outcomeOf({ response, score, gold }: Replayed): ArmOutcome {
  const { usage, timings_ms: timings, decision } = response;
  const readOut = decision.evidence['p_withheld'];
  return {
    right: score.verdict === 'right',
    empty: response.outcome === 'abstained',
    readOut: typeof readOut === 'number' ? readOut : null,
    cited: gold.kind === 'document' ? score.cited : null,
    tokens: usage.prompt_tokens - usage.cached_tokens + usage.completion_tokens,
    seconds: Math.round(timings.total) / 1000,
  };
}

function numberOf(evidence: Replayed['response']['decision']['evidence'], name: string): number {
  const value = evidence[name];
  return typeof value === 'number' ? value : 0;
}
