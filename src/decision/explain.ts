import type { Choice } from './decide.js';
import type { ConsideredArm, Gate } from './policy.js';

type Phrases = Record<'ja' | 'en', (choice: Choice) => string>;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** First sentence: what the evidence says. */
const FINDING: Record<'documents' | 'weak' | 'general' | 'compared' | 'nothing', Phrases> = {
  documents: {
    ja: ({ features, pAnswerable }) =>
      `資料に答えがある見込みは ${percent(pAnswerable)} です（質問の語の ${percent(features.coverage)} が見つかった資料にあり、2つの検索の一致度は ${percent(features.leg_agreement)}）。`,
    en: ({ features, pAnswerable }) =>
      `The chance that the documents hold the answer is ${percent(pAnswerable)} (${percent(features.coverage)} of the words of the question stand in the passages found; the two searches agree to ${percent(features.leg_agreement)}).`,
  },
  weak: {
    ja: ({ features, pAnswerable }) =>
      `資料に答えがある見込みは ${percent(pAnswerable)} にとどまります（質問の語のうち資料にあるのは ${percent(features.coverage)}${mismatchJa(features)}）。`,
    en: ({ features, pAnswerable }) =>
      `The chance that the documents hold the answer is only ${percent(pAnswerable)} (${percent(features.coverage)} of the words of the question stand in the passages found${mismatchEn(features)}).`,
  },
  general: {
    ja: ({ pGeneral }) => `社内資料を必要としない質問である見込みは ${percent(pGeneral)} です。`,
    en: ({ pGeneral }) =>
      `The chance that the question needs no company document is ${percent(pGeneral)}.`,
  },
  compared: {
    ja: (choice) =>
      `良い回答になる見込みは、資料を使わない場合が ${percent(choice.confidence)}、使う場合が ${percent(bestReading(choice)?.pGood ?? 0)} です（誤り・計算量・待ち時間の代償も差し引いて比べます）。`,
    en: (choice) =>
      `Without documents the chance of a good answer is ${percent(choice.confidence)}, with them ${percent(bestReading(choice)?.pGood ?? 0)} (wrong answers, tokens and time count against each).`,
  },
  nothing: {
    ja: () => '閲覧できる資料に、質問に関係するものは見つかりませんでした。',
    en: () => 'No passage that you may read was found for this question.',
  },
};

/** Second sentence: what follows from it. */
const CONSEQUENCE: Record<'direct' | 'retrieve' | 'adapter' | 'both' | 'abstain', Phrases> = {
  direct: {
    ja: () => 'そのため、資料を使わずに答えます。',
    en: () => 'So it answers without documents.',
  },
  retrieve: {
    ja: () => 'そのため、見つかった資料を読んで答えます。',
    en: () => 'So it answers from the passages found.',
  },
  adapter: {
    ja: ({ adapter }) => `そのため、アダプター「${adapter}」の技能で、資料を使わずに答えます。`,
    en: ({ adapter }) =>
      `So it answers with the skill of the adapter "${adapter}", without documents.`,
  },
  both: {
    ja: ({ adapter }) => `そのため、見つかった資料をアダプター「${adapter}」で読んで答えます。`,
    en: ({ adapter }) => `So it reads the passages found with the adapter "${adapter}".`,
  },
  abstain: {
    ja: () => 'そのため、推測では答えません。',
    en: () => 'So it does not guess.',
  },
};

const FORCED: Record<'ja' | 'en', string> = {
  ja: '答え方はご指定によるものです。',
  en: 'The way of answering was chosen by the request.',
};

const EXPLORED: Record<'ja' | 'en', string> = {
  ja: '答え方は、ほかと比べるための試行として無作為に選ばれました。',
  en: 'The way of answering was drawn by chance, as a trial to compare it with others.',
};

export type Withheld = {
  /** Chance of the withholding word; null for an arm that reads nothing. */
  readOut: number | null;
  gate: Gate;
  risk: number;
  /** Whether the question asks for a figure and the draft states none. */
  lacksFigure?: boolean;
};

/** Why nothing is answered at the stated risk, before or after reading. */
const UNBOUNDED: Record<'ja' | 'en', (stated: { risk: number }) => string> = {
  ja: ({ risk }) =>
    `誤りを ${percent(risk)} 以下に保てることが、この言語ではまだ確かめられていません。そのため、答えを控えます。`,
  en: ({ risk }) =>
    `That at most ${percent(risk)} of the answers are wrong has not been shown for this language. So no answer is given.`,
};

/** Why a draft was withheld, by what is known of it. */
const WITHHELD: Record<
  'read' | 'unsure' | 'unbounded' | 'figureless' | 'empty',
  Record<'ja' | 'en', (withheld: Withheld) => string>
> = {
  read: {
    ja: ({ readOut }) =>
      `資料を読んだモデルが「答えがない」と見る確率は ${percent(readOut ?? 0)} でした。そのため、推測では答えません。`,
    en: ({ readOut }) =>
      `Having read the passages, the model gives ${percent(readOut ?? 0)} to "the answer is not there". So it does not guess.`,
  },
  unsure: {
    ja: ({ gate, risk }) =>
      `回答が正しい見込みは ${percent(gate.sure ?? 0)} で、許される誤り ${percent(risk)} から求められる ${percent(gate.wanted ?? 0)} に届きません。そのため、推測では答えません。`,
    en: ({ gate, risk }) =>
      `The chance that an answer would be right is ${percent(gate.sure ?? 0)}, and the stated risk of ${percent(risk)} asks for ${percent(gate.wanted ?? 0)}. So it does not guess.`,
  },
  unbounded: UNBOUNDED,
  figureless: {
    ja: () =>
      '質問は数や量を尋ねていますが、資料から作った下書きに数がありませんでした。そのため、答えを控えます。',
    en: () =>
      'The question asks for a figure, and the draft from the passages states none. So no answer is given.',
  },
  empty: {
    ja: () => '回答になる文が得られませんでした。そのため、答えを控えます。',
    en: () => 'The draft said nothing. So no answer is given.',
  },
};

/**
 * Says in one or two sentences, from the numbers of the choice alone, why this arm was taken.
 * The test `explain.test.ts` holds every number and adapter name against the evidence.
 */
export function explainChoice(choice: Choice, language: 'ja' | 'en'): string[] {
  if (choice.unbounded) return [UNBOUNDED[language](choice)];
  const found = FINDING[finding(choice)][language](choice);
  if (choice.forced) return [found, FORCED[language]];
  if (choice.explored) return [found, EXPLORED[language]];
  return [found, CONSEQUENCE[choice.arm][language](choice)];
}

/** The reason when a draft was withheld, by the last gate or by itself. */
export function explainGate(withheld: Withheld, language: 'ja' | 'en'): string {
  return WITHHELD[causeOf(withheld)][language](withheld);
}

function causeOf({ readOut, gate, lacksFigure }: Withheld): keyof typeof WITHHELD {
  if (lacksFigure === true) return 'figureless';
  if (gate.unbounded) return 'unbounded';
  if (!gate.passes && gate.sure !== null) return 'unsure';
  return readOut === null ? 'empty' : 'read';
}

/** The sentence that follows it when another way is taken then. */
export function explainSecondLook({ arm, adapter }: ConsideredArm, language: 'ja' | 'en'): string {
  const skill =
    adapter === null
      ? ''
      : language === 'ja'
        ? `アダプター「${adapter}」で`
        : ` with the adapter "${adapter}"`;
  if (arm === 'direct' || arm === 'adapter') {
    return language === 'ja'
      ? `次に見込みのある、資料を使わない答え方を${skill}試します。`
      : `The next best way is tried: without documents${skill}.`;
  }
  return language === 'ja'
    ? `次に見込みのある、資料を${skill}読む答え方を試します。`
    : `The next best way is tried: reading the documents${skill}.`;
}

/** Features and chances by name, rounded to 4 digits, as the answer and the record carry them. */
export function evidenceOf(choice: Choice): Record<string, number | string | boolean> {
  const { adapterAffinity, ...features } = choice.features;
  const evidence: Record<string, number | string | boolean> = {
    p_answerable: round(choice.pAnswerable),
    p_general: round(choice.pGeneral),
    risk: choice.risk,
    forced: choice.forced,
  };
  for (const [name, value] of Object.entries(features)) evidence[name] = round(value);
  for (const [name, value] of Object.entries(adapterAffinity)) {
    evidence[`adapter_affinity:${name}`] = round(value);
  }
  return evidence;
}

/** The considered arms as the HTTP answer shows them. */
export function describeConsidered(considered: readonly ConsideredArm[]): {
  arm: ConsideredArm['arm'];
  adapter: string | null;
  p_good: number;
  cost: number;
  value: number;
}[] {
  return considered.map(({ arm, adapter, pGood, cost, value }) => ({
    arm,
    adapter,
    p_good: round(pGood),
    cost: round(cost),
    value: round(value),
  }));
}

function finding(choice: Choice): keyof typeof FINDING {
  const readsNothing = choice.arm === 'direct' || choice.arm === 'adapter';
  if (readsNothing && choice.pGeneral >= 0.5) return 'general';
  if (bestReading(choice) === undefined) return 'nothing';
  if (readsNothing) return 'compared';
  return choice.arm === 'abstain' ? 'weak' : 'documents';
}

/** Of the arms that read; undefined when no passage was found. */
function bestReading({ considered }: Choice): ConsideredArm | undefined {
  return considered.find(({ arm }) => arm === 'retrieve' || arm === 'both');
}

function mismatchJa(features: Choice['features']): string {
  const missing = Math.max(features.number_mismatch, features.name_mismatch);
  return missing > 0 ? `、質問にある数字や名称の ${percent(missing)} が資料にない` : '';
}

function mismatchEn(features: Choice['features']): string {
  const missing = Math.max(features.number_mismatch, features.name_mismatch);
  return missing > 0 ? `; ${percent(missing)} of its numbers or names do not` : '';
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
