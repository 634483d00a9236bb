import type { Prompts } from '../adapters/data/prompts.js';
import {
  BASE_READING_SYSTEM,
  composePlainPrompt,
  composeReadingPrompt,
  drawLineMark,
  WITHHOLD_WORD,
} from './prompt.js';

/** The prompts of the service, for those who train adapters on them and measure with them. */
export const SERVICE_PROMPTS: Prompts = {
  withholdWord: WITHHOLD_WORD,
  baseInstruction: BASE_READING_SYSTEM,
  reading: (input) => composeReadingPrompt({ ...input, reader: 'adapter' }),
  plain: composePlainPrompt,
  lineMark: drawLineMark,
};
