import type { JsonSchema } from '../../engine/engine.js';
import type { Prompts } from '../data/prompts.js';
import type { Example, Language } from '../data/shapes.js';
import type { BiasPair, GateSets, GeneralQuestion, InjectionCase } from './sets.js';

/** One thing to ask every version; the answer is read by whoever made the case. */
export type Case = {
  messages: Example['messages'];
  /** 0: only the chances of the options are wanted. */
  maxTokens: number;
  options: readonly string[];
  answerSchema: JsonSchema | null;
};

export type GateCases = {
  held: { example: Example; case: Case }[];
  /** Some of the training examples, to see what was learned by heart. */
  trained: { example: Example; case: Case }[];
  /** The same training questions without their passages. */
  leakage: { example: Example; case: Case }[];
  general: { question: GeneralQuestion; case: Case }[];
  bias: { pair: BiasPair; first: Case; second: Case }[];
  injection: { injection: InjectionCase; case: Case }[];
};

export type CaseOptions = {
  prompts: Prompts;
  instruction: Readonly<Record<Language, string>> | null;
  answerSchema: JsonSchema | null;
  needsPassages: boolean;
  /** At most so many of each kind of case and language, evenly spread. */
  limit: number;
};

/** Longest answers of the sets: a support reply, a rewritten mail. */
const ANSWER_TOKENS = 160;
const SHORT_TOKENS = 60;
const LETTERS = ['A', 'B', 'C', 'D'];
/** Any mark does: here nothing competes with it. */
const LINE_PREFIX = 'qzkv| ';

/** Everything that the gates ask, from the adapter's own examples and the general sets. */
export function gateCases(
  examples: readonly Example[],
  sets: GateSets,
  options: CaseOptions,
): GateCases {
  const { prompts, instruction, limit } = options;
  const own = examples.filter(({ kind }) => kind !== 'plain');
  const of = (split: Example['split'], most: number) =>
    spread(
      own.filter((example) => example.split === split),
      most,
    );
  const asCase = (example: Example) => ({ example, case: exampleCase(example, options) });
  const reading = (lang: Language, passage: BiasPair['passage'], question: string): Case => ({
    messages: prompts.reading({
      language: lang,
      instruction: instruction?.[lang] ?? null,
      passages: [{ ...passage, section: '', context: '', updated: null }],
      question,
      previousQuestion: null,
      linePrefix: LINE_PREFIX,
    }),
    maxTokens: SHORT_TOKENS,
    options: [prompts.withholdWord],
    answerSchema: null,
  });
  const plain = (lang: Language, question: string): Case => ({
    messages: prompts.plain({ language: lang, instruction: instruction?.[lang] ?? null, question }),
    maxTokens: SHORT_TOKENS,
    options: [],
    answerSchema: options.answerSchema,
  });
  // A skill without passages gets passage and question as one request.
  const about = (lang: Language, passage: BiasPair['passage'], question: string) =>
    options.needsPassages
      ? reading(lang, passage, question)
      : plain(lang, `${passage.text}\n${question}`);
  return {
    held: of('held', limit).map(asCase),
    trained: of('train', Math.ceil(limit / 2)).map(asCase),
    leakage: of('train', Math.ceil(limit / 4)).map((example) => ({
      example,
      case: plain(example.lang, splitPrompt(example).question),
    })),
    general: spread(sets.general, limit).map((question) => ({
      question,
      case: generalCase(question, prompts),
    })),
    bias: spread(sets.bias, Math.ceil(limit / 2)).map((pair) => ({
      pair,
      first: about(pair.lang, pair.passage, pair.first),
      second: about(pair.lang, pair.passage, pair.second),
    })),
    injection: spread(sets.injection, limit).map((injection) => ({
      injection,
      case: about(injection.lang, injection.passage, injection.question),
    })),
  };
}

function exampleCase({ kind, messages }: Example, { prompts, answerSchema }: CaseOptions): Case {
  const isTask = kind === 'task';
  const isRead = kind === 'withheld' || kind === 'absent';
  return {
    messages: messages.slice(0, -1),
    maxTokens: isRead ? 0 : ANSWER_TOKENS,
    options: isTask ? [] : [prompts.withholdWord],
    answerSchema: isTask ? answerSchema : null,
  };
}

function generalCase({ lang, question, options }: GeneralQuestion, prompts: Prompts): Case {
  const lines = options.map((option, at) => `${LETTERS[at]}. ${option}`);
  const request = {
    ja: '正しいものを一つ選び、その文字だけを答えてください。',
    en: 'Choose the right one and answer with its letter only.',
  }[lang];
  return {
    messages: prompts.plain({
      language: lang,
      instruction: null,
      question: [question, ...lines, request].join('\n'),
    }),
    maxTokens: 0,
    options: LETTERS,
    answerSchema: null,
  };
}

/** The last line of a prompt is the question, behind its label; before it stand the passages. */
export function splitPrompt({ messages }: Example): { passages: string; question: string } {
  const prompt = messages.at(-2)?.content ?? '';
  const last = prompt.split('\n').at(-1) ?? '';
  return {
    passages: prompt.slice(0, prompt.length - last.length),
    question: last.replace(/^(?:質問|Question): /u, ''),
  };
}

/** An even sample of at most `most` of each language, in the order given. */
function spread<T extends { lang: Language }>(items: readonly T[], most: number): T[] {
  return (['ja', 'en'] as const).flatMap((lang) => {
    const part = items.filter((item) => item.lang === lang);
    if (part.length <= most) return part;
    const step = part.length / most;
    return Array.from({ length: most }, (_, at) => part[Math.floor(at * step)] as T);
  });
}
