import colors from 'picocolors';
import type { Config } from '../config.js';
import { LOCAL_MAINTAINER } from '../knowledge.js';
import { openService } from '../service.js';
import { AnswerRequest } from '../schemas.js';
import { EXIT, note, print, printJson } from './terminal.js';

export type AskOptions = {
  corpora: readonly string[];
  mode: string;
  adapter: string | undefined;
  language: string;
  maxTokens: number;
  risk: number | undefined;
  json: boolean;
  signal: AbortSignal;
};

/** Asks one question without a server; words are shown as they come. */
export async function ask(config: Config, question: string, options: AskOptions): Promise<number> {
  const request = AnswerRequest.parse({
    question,
    mode: options.mode,
    language: options.language,
    max_tokens: options.maxTokens,
    ...(options.corpora.length > 0 ? { corpora: options.corpora } : {}),
    ...(options.risk === undefined ? {} : { risk: options.risk }),
    ...(options.adapter === undefined ? {} : { adapter: options.adapter }),
  });
  await using service = await openService(config, { signal: options.signal, onNote: note });
  let streamed = '';
  const response = await service.answerer.answer(request, LOCAL_MAINTAINER, {
    signal: options.signal,
    onEvent: ({ event, data }) => {
      if (options.json || event !== 'delta') return;
      streamed += data.text;
      process.stdout.write(data.text);
    },
  });
  if (options.json) {
    printJson(response);
    return EXIT.done;
  }
  // Guards and added citations may have changed the text that was streamed.
  if (streamed.trim() !== response.answer) {
    if (streamed !== '') print('\n');
    process.stdout.write(response.answer);
  }
  print('');
  for (const citation of response.citations) {
    const place = [citation.title, citation.section].filter((part) => part !== '').join(' › ');
    print(
      colors.dim(`[${citation.marker}] ${place}${citation.verified ? ' ✔' : ' (not verified)'}`),
    );
    print(colors.dim(`    ${citation.quote.replace(/\s+/gu, ' ')}`));
  }
  if (response.disclaimer !== null) print(colors.dim(response.disclaimer));
  print(colors.dim(response.decision.reasons.join(' ')));
  const { total, prefill, generate } = response.timings_ms;
  note(
    `${response.decision.arm}${response.decision.adapter ? `:${response.decision.adapter.name}` : ''} · ${(total / 1000).toFixed(1)} s (reading ${(prefill / 1000).toFixed(1)}, writing ${(generate / 1000).toFixed(1)})`,
  );
  return EXIT.done;
}
