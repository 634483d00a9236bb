import type { Example, Language } from './shapes.js';

type Messages = Example['messages'];

/**
 * How the service asks: training and gates must send exactly these prompts, so whoever calls hands
 * them in. `instruction` is the adapter's own system text, null for the service's.
 */
export type Prompts = {
  withholdWord: string;
  /** System text for a base model that reads passages. */
  baseInstruction: Readonly<Record<Language, string>>;
  reading(input: {
    language: Language;
    instruction: string | null;
    passages: readonly {
      title: string;
      section: string;
      context: string;
      text: string;
      updated: string | null;
    }[];
    question: string;
    previousQuestion: string | null;
    linePrefix: string;
  }): Messages;
  plain(input: { language: Language; instruction: string | null; question: string }): Messages;
  lineMark(below: (limit: number) => number): string;
};
