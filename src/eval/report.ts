import { isGood } from '../decision/utility.js';
import type { Replayed } from './replay.js';
import type { RetrievalFigures } from './retrieval.js';
import { type Share, wilson } from './wilson.js';

export type ArmFigures = {
  arm: string;
  lang: 'ja' | 'en';
  kind: Replayed['gold']['kind'] | 'all';
  /** Right answers and right refusals. */
  good: Share;
  wrong: Share;
  needlessRefusals: Share;
  meanF1: number;
  /** Of the document questions answered: a verified citation in a gold document. */
  cited: Share;
  /** Of the document questions answered right. */
  citedWhenRight: Share;
  meanTotalMs: number;
};

export type EvalReport = {
  corpus: string;
  questions: number;
  retrieval: RetrievalFigures[];
  arms: ArmFigures[];
};

/** Figures per arm, language and kind of question, in the order of first appearance. */
export function summarise(
  corpus: string,
  replayed: readonly Replayed[],
  retrieval: RetrievalFigures[],
): EvalReport {
  const arms = [...new Set(replayed.map(({ arm }) => arm))];
  const kinds = ['document', 'unanswerable', 'general', 'task', 'all'] as const;
  const figures = arms.flatMap((arm) =>
    (['ja', 'en'] as const).flatMap((lang) =>
      kinds.flatMap((kind) => {
        const part = replayed.filter(
          (one) =>
            one.arm === arm && one.gold.lang === lang && (kind === 'all' || one.gold.kind === kind),
        );
        return part.length === 0 ? [] : [figuresOf(arm, lang, kind, part)];
      }),
    ),
  );
  const questions = new Set(replayed.map(({ gold }) => gold.id)).size;
  return { corpus, questions, retrieval, arms: figures };
}

function figuresOf(
  arm: string,
  lang: 'ja' | 'en',
  kind: ArmFigures['kind'],
  part: readonly Replayed[],
): ArmFigures {
  const n = part.length;
  const count = (test: (one: Replayed) => boolean) => part.filter(test).length;
  const answeredDocuments = part.filter(({ score }) => score.cited !== null);
  const rightDocuments = answeredDocuments.filter(({ score }) => score.verdict === 'right');
  const isCited = ({ score }: Replayed) => score.cited === true;
  return {
    arm,
    lang,
    kind,
    good: wilson(
      count(({ score }) => isGood(score.verdict)),
      n,
    ),
    wrong: wilson(
      count(({ score }) => score.verdict === 'wrong'),
      n,
    ),
    needlessRefusals: wilson(
      count(({ score }) => score.verdict === 'needless_refusal'),
      n,
    ),
    meanF1: part.reduce((sum, { score }) => sum + score.f1, 0) / n,
    cited: wilson(answeredDocuments.filter(isCited).length, answeredDocuments.length),
    citedWhenRight: wilson(rightDocuments.filter(isCited).length, rightDocuments.length),
    meanTotalMs: part.reduce((sum, { response }) => sum + response.timings_ms.total, 0) / n,
  };
}

/** `.83 [.74-.90] n=60`, the form in which every figure is printed. */
export function formatShare(share: Share): string {
  if (share.n === 0) return '–';
  const short = (value: number) => value.toFixed(2).replace(/^0/u, '');
  return `${short(share.share)} [${short(share.low)}-${short(share.high)}] n=${share.n}`;
}
