import colors from 'picocolors';
import type { Config } from '../config.js';
import { SearchRequest } from '../schemas.js';
import { LOCAL_MAINTAINER } from '../knowledge.js';
import { openService } from '../service.js';
import { EXIT, note, print, printJson } from './terminal.js';

export type SearchOptions = {
  corpora: readonly string[];
  limit: number;
  json: boolean;
  signal: AbortSignal;
};

/** Searches without a model of language: what the documents hold on a question. */
export async function search(
  config: Config,
  query: string,
  options: SearchOptions,
): Promise<number> {
  const request = SearchRequest.parse({
    query,
    limit: options.limit,
    ...(options.corpora.length > 0 ? { corpora: options.corpora } : {}),
  });
  await using service = await openService(config, {
    signal: options.signal,
    onNote: note,
    withEngine: false,
  });
  const response = await service.answerer.search(request, LOCAL_MAINTAINER, {
    signal: options.signal,
  });
  if (options.json) {
    printJson(response);
    return EXIT.done;
  }
  if (response.results.length === 0) print('Nothing found.');
  for (const [index, hit] of response.results.entries()) {
    const place = [hit.title, hit.section].filter((part) => part !== '').join(' › ');
    const legs = `meaning ${hit.legs.dense?.toFixed(3) ?? '–'}, words ${hit.legs.keyword?.toFixed(1) ?? '–'}`;
    print(
      `${colors.bold(`${index + 1}. ${place}`)} ${colors.dim(`${hit.corpus}/${hit.document_id} · ${legs}`)}`,
    );
    print(`   ${hit.text.replace(/\s+/gu, ' ').slice(0, 200)}`);
  }
  return EXIT.done;
}
