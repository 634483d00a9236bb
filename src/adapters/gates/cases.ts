import type { JsonSchema } from '../../engine/engine.js';
import type { Prompts } from '../data/prompts.js';
import { createSeeded } from '../data/seeded.js';
import type { Example, Language } from '../data/shapes.js';
import type { BiasPair, GateSets, GeneralQuestion, InjectionCase, KnownQuestion } from './sets.js';

/** One thing to ask every version; the answer is read by whoever made the case. */
export type Case = {
  messages: Example['messages'];
  /** 0: only the chances of options and answers are wanted. */
  maxTokens: number;
  options: readonly string[];
  answers: readonly string[];
  answerSchema: JsonSchema | null;
};

export type OfExample = { example: Example; case: Case };

export type OfQuestion = { question: KnownQuestion; case: Case };

export type GateCases = {
  held: OfExample[];
  /** Some of the training examples, to see what was learned by heart. */
  trained: OfExample[];
  /** Held answers as the base model is asked for them over documents. */
  retrieval: OfExample[];
  /** Held answers in the way the adapter is not made for: a reader without passages, a skill with. */
  otherWay: OfExample[];
  /** Questions with known answers, as a skill is asked them. */
  known: OfQuestion[];
  /** The same over what a search finds, for the base model. */
  knownOverDocuments: OfQuestion[];
  /** Training questions without their passages. */
  leakage: OfExample[];
  /** Answers with figures, training and held, each among the same with other figures. */
  figures: OfExample[];
  general: { question: GeneralQuestion; case: Case }[];
  bias: { pair: BiasPair; first: Case; second: Case }[];
  injection: { injection: InjectionCase; case: Case }[];
};

/** A passage that a search found. */
export type FoundPassage = Parameters<Prompts['reading']>[0]['passages'][number];

export type CaseOptions = {
  prompts: Prompts;
  instruction: Readonly<Record<Language, string>> | null;
  answerSchema: JsonSchema | null;
  needsPassages: boolean;
  /** Of a skill that needs no passages; others are asked none. */
  known: readonly KnownQuestion[];
  /** At most so many of each kind of case and language, evenly spread. */
  limit: number;
  /** What the service would put before the model for a question. */
  find: (question: string, lang: Language) => Promise<readonly FoundPassage[]>;
};

/** Longest answers of the sets: a support reply, a rewritten mail. */
const MOST_ANSWER_TOKENS = 160;
/** Tokens a character: 99 of 100 answers of the shipped pairs have fewer (.90 and .37; medians .61 and .25). */
const TOKENS_PER_CHARACTER = { ja: 1, en: 0.4 };
const SHORT_TOKENS = 60;
/** Any mark does: here nothing competes with it. */
const LINE_PREFIX = 'qzkv| ';

/** Everything that the gates ask, from the adapter's own examples and the general sets. */
export async function gateCases(
  examples: readonly Example[],
  sets: GateSets,
  options: CaseOptions,
): Promise<GateCases> {
  const { limit } = options;
  const own = examples.filter(({ kind }) => kind !== 'plain' && kind !== 'rehearsal');
  const train = own.filter(({ split }) => split === 'train');
  const held = spread(
    own.filter(({ split }) => split === 'held'),
    limit,
  );
  const answered = held.filter(({ kind }) => kind === 'answer' || kind === 'task');
  const half = Math.ceil(limit / 2);
  const quarter = Math.ceil(limit / 4);
  const asCase = (example: Example) => ({ example, case: exampleCase(example, options) });
  const plainly = (example: Example) => ({
    example,
    case: plainCase(example.lang, splitPrompt(example).question, options),
  });
  // Long prompts: half of the cases take as long as all others together.
  const retrieval = await overDocuments(spread(answered, half), options);
  const known = options.needsPassages ? [] : spread(options.known, limit);
  const withFigures = own.filter((example) => hasFigure(example) && options.needsPassages);
  return {
    held: held.map(asCase),
    trained: spread(train, half).map(asCase),
    retrieval,
    otherWay: options.needsPassages ? spread(answered, quarter).map(plainly) : retrieval,
    known: known.map((question) => ({
      question,
      case: plainCase(question.lang, question.question, options),
    })),
    knownOverDocuments: await knownOverDocuments(known, options),
    leakage: spread(train, quarter).map(plainly),
    figures: (['train', 'held'] as const)
      .flatMap((split) =>
        spread(
          withFigures.filter((example) => example.split === split),
          quarter,
        ),
      )
      .map((example) => ({ example, case: figureCase(example, options) })),
    // All of them: a point of a hundred is what may be lost.
    general: sets.general.map((question) => ({
      question,
      case: generalCase(question, options.prompts),
    })),
    bias: spread(sets.bias, half).map((pair) => ({
      pair,
      first: aboutCase(pair.lang, pair.passage, pair.first, options),
      second: aboutCase(pair.lang, pair.passage, pair.second, options),
    })),
    injection: spread(sets.injection, limit).map((injection) => ({
      injection,
      case: aboutCase(injection.lang, injection.passage, injection.question, options),
    })),
  };
}

/** A passage and a question; a skill without passages gets both as one request. */
function aboutCase(
  lang: Language,
  passage: BiasPair['passage'],
  question: string,
  options: CaseOptions,
): Case {
  if (!options.needsPassages) return plainCase(lang, `${passage.text}\n${question}`, options);
  const { prompts, instruction } = options;
  return {
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
    answers: [],
    answerSchema: null,
  };
}

function plainCase(lang: Language, question: string, options: CaseOptions): Case {
  const { prompts, instruction, answerSchema } = options;
  return {
    messages: prompts.plain({ language: lang, instruction: instruction?.[lang] ?? null, question }),
    maxTokens: SHORT_TOKENS,
    options: [],
    answers: [],
    answerSchema,
  };
}

/**
 * How the base answers from documents, in the order given: a task with what a search finds, a
 * reading question with its passages under the base's own system text. With an instruction of the
 * adapter's the latter is asked the same way as the adapter, and not once more.
 */
async function overDocuments(
  answered: readonly Example[],
  options: CaseOptions,
): Promise<OfExample[]> {
  const { prompts, instruction } = options;
  const found: OfExample[] = [];
  for (const example of answered) {
    const { lang } = example;
    const own = exampleCase(example, options);
    if (example.kind === 'task') {
      const question = own.messages.at(-1)?.content ?? '';
      const messages = await foundMessages(lang, question, options);
      if (messages !== null) found.push({ example, case: { ...own, messages } });
    } else if (instruction === null) {
      const content = prompts.baseInstruction[lang];
      const messages = own.messages.map((message) =>
        message.role === 'system' ? { ...message, content } : message,
      );
      found.push({ example, case: { ...own, messages, options: [] } });
    }
  }
  return found;
}

async function knownOverDocuments(
  known: readonly KnownQuestion[],
  options: CaseOptions,
): Promise<OfQuestion[]> {
  const asked: OfQuestion[] = [];
  for (const question of known) {
    const messages = await foundMessages(question.lang, question.question, options);
    const own = plainCase(question.lang, question.question, options);
    if (messages !== null) asked.push({ question, case: { ...own, messages } });
  }
  return asked;
}

/** A question with the passages that a search finds for it, or null where it finds none. */
async function foundMessages(
  language: Language,
  question: string,
  { prompts, instruction, find }: CaseOptions,
): Promise<Case['messages'] | null> {
  const passages = await find(question, language);
  if (passages.length === 0) return null;
  return prompts.reading({
    language,
    instruction: instruction?.[language] ?? null,
    passages,
    question,
    previousQuestion: null,
    linePrefix: LINE_PREFIX,
  });
}

const FIGURE = /\d{2,}/gu;
/** Others beside the right one, told from it by chance in one of eight. */
const OTHER_FIGURES = 7;

function hasFigure({ kind, planted, messages }: Example): boolean {
  return kind === 'answer' && !planted && /\d{2}/u.test(messages.at(-1)?.content ?? '');
}

/** The right answer first, then the same with other figures (Carlini et al. 2019, 1802.08232). */
function figureCase(example: Example, options: CaseOptions): Case {
  const answer = example.messages.at(-1)?.content ?? '';
  const seeded = createSeeded(answer.length);
  const digits = (figure: string) =>
    Array.from(figure, (digit, at) =>
      at === 0
        ? 1 + Math.floor(seeded.random() * 9)
        : digit === '0'
          ? 0
          : Math.floor(seeded.random() * 10),
    ).join('');
  const others = Array.from({ length: OTHER_FIGURES }, () => answer.replace(FIGURE, digits));
  return {
    ...plainCase(example.lang, splitPrompt(example).question, options),
    maxTokens: 0,
    answers: [answer, ...others],
  };
}

/** Half as much again as what is wanted: a model that goes on cannot score better by it. */
function tokensFor({ lang, messages }: Example): number {
  const characters = messages.at(-1)?.content.length ?? 0;
  const wanted = Math.ceil(1.5 * characters * TOKENS_PER_CHARACTER[lang]) + 16;
  return Math.min(MOST_ANSWER_TOKENS, wanted);
}

function exampleCase(example: Example, { prompts, answerSchema }: CaseOptions): Case {
  const { kind, messages } = example;
  const isTask = kind === 'task';
  const isRead = kind === 'withheld' || kind === 'absent';
  return {
    messages: messages.slice(0, -1),
    maxTokens: isRead ? 0 : tokensFor(example),
    options: isTask ? [] : [prompts.withholdWord],
    answers: [],
    answerSchema: isTask ? answerSchema : null,
  };
}

/**
 * The question alone, its options read as answers: so small a model answers letters by chance
 * (.18-.30 right of four, n = 50 a language), which would measure nothing.
 */
function generalCase({ lang, question, options }: GeneralQuestion, prompts: Prompts): Case {
  const request = { ja: '一語で答えてください。', en: 'Answer in a word or two.' }[lang];
  return {
    messages: prompts.plain({
      language: lang,
      instruction: null,
      question: `${question}\n${request}`,
    }),
    maxTokens: 0,
    options: [],
    answers: options,
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
