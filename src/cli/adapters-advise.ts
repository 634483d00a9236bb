import { join } from 'node:path';
import { advise } from '../adapters/data/advise.js';
import { readData } from '../adapters/data/read-data.js';
import type { Config } from '../config.js';
import { tokens } from '../retrieval/tokens.js';
import { EXIT, print, printJson, renderTable } from './terminal.js';

/** Rows of evidence that are printed; `--json` gives all. */
const SHOWN = 20;

/** Says which of an adapter's pairs are behaviour to train and which are facts for a corpus. */
export async function adaptersAdvise(
  config: Config,
  name: string,
  { json }: { json: boolean },
): Promise<number> {
  const data = await readData(join(config.adapters, name, 'data'));
  const advice = advise(data, tokens);
  const facts = advice.filter(({ verdict }) => verdict === 'fact');
  if (json) {
    printJson({ advice });
    return EXIT.done;
  }
  const behaviour = advice.length - facts.length;
  print(`${name}: ${behaviour} of ${advice.length} pairs teach behaviour: train them.`);
  if (data.sources.length > 0) {
    print(`${data.sources.length} documents with questions teach reading: train them.`);
  }
  if (facts.length === 0) return EXIT.done;
  print(`${facts.length} look like facts: put them into a corpus, where they can change.\n`);
  print(
    renderTable(
      ['pair', 'found neither in its prompt nor in other groups'],
      facts
        .slice(0, SHOWN)
        .map(({ id, figures, words }) => [id, [...figures, ...words].slice(0, 8).join(' ')]),
    ),
  );
  if (facts.length > SHOWN) print(`… and ${facts.length - SHOWN} more: --json lists all.`);
  return EXIT.done;
}
