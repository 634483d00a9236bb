import { isKakehashiError, toPlainError } from './errors.js';
import type { IndexMessage, IndexRequest } from './index-process.js';
import { standBack } from './stand-back.js';

/**
 * The process of index-process.ts. It ends when it is told to or its parent is gone; the next run goes on
 * with what it wrote.
 */
const ending = new AbortController();
process.on('SIGTERM', () => ending.abort());
process.on('disconnect', () => ending.abort());
// A terminal sends it to every process of the service, whose parent says when to stop.
process.on('SIGINT', () => undefined);

async function work({ config }: IndexRequest): Promise<void> {
  standBack();
  const { indexEach, NIGHTLY } = await import('./cli/index.js');
  const { note, printError } = await import('./cli/terminal.js');
  const { listCorpora } = await import('./ingest/list-corpora.js');
  const { openKnowledge } = await import('./knowledge.js');
  const { signal } = ending;
  try {
    await using knowledge = await openKnowledge(config, { signal, onNote: note });
    await indexEach(config, knowledge, await listCorpora(config.corpora), {
      ...NIGHTLY,
      signal,
      onEnd: (corpus, result) =>
        tell({ corpus, failure: isKakehashiError(result) ? toPlainError(result) : null }),
    });
  } catch (error) {
    if (!signal.aborted) printError(error, false);
    throw error;
  }
}

/** Resolves when it is sent: an exit would take it along. */
function tell(message: IndexMessage): Promise<void> {
  return new Promise((sent) => {
    if (!process.connected) sent();
    else process.send?.(message, () => sent());
  });
}

process.once('message', (request: IndexRequest) => {
  work(request).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
