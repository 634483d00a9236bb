import { rightsOf } from '../adapters/passport.js';
import { readPassport } from '../adapters/passport-file.js';
import type { Config } from '../config.js';
import { recordsFile } from '../knowledge.js';
import { openRecords } from '../store/records.js';
import { printGates } from './gates.js';
import { EXIT, print, printJson, renderTable } from './terminal.js';

/** Prints the passport of an adapter: what it is, what it learned from, how it was measured. */
export async function adaptersShow(
  config: Config,
  name: string,
  { json }: { json: boolean },
): Promise<number> {
  const passport = await readPassport(config.adapters, name);
  const records = openRecords(recordsFile(config));
  const events = records.adapters.list({ name });
  records.close();
  if (json) {
    printJson({ passport, events });
    return EXIT.done;
  }
  const { base, adapter, data } = passport;
  print(`${name} ${passport.version} · ${passport.licence}\n${passport.description.en}`);
  print(`${passport.description.ja}\n`);
  print(
    renderTable(
      ['', ''],
      [
        [
          'base',
          `${base.name} · ${base.licence ?? 'licence not recorded'}\n${base.sha256.join('\n')}`,
        ],
        ['file', `${adapter.sha256}\n${adapter.bytes} bytes, rank ${adapter.rank}`],
        [
          'trained on',
          data.files.map(({ path, sha256 }) => `${path} ${sha256.slice(0, 12)}`).join('\n'),
        ],
        [
          'documents',
          passport.lineage
            .map(({ corpus, id, revision }) => `${corpus}/${id} ${revision}`)
            .join('\n') || 'none: written for the purpose',
        ],
        ['may be used by', describeRights(rightsOf(passport))],
        ['vetted', passport.vetting === null ? 'not yet' : passport.vetting.at.slice(0, 16)],
        ['needs passages', passport.needsPassages ? 'yes' : 'no'],
        ['used by name alone', passport.byName ? 'yes' : 'no'],
      ],
    ),
  );
  if (passport.scores.length > 0) {
    print('\nMeasured on data it was not trained on');
    print(
      renderTable(
        ['figure', 'part', 'language', 'n', 'base', 'adapter'],
        passport.scores.map((score) => [
          score.name,
          score.split,
          score.lang,
          String(score.n),
          score.base?.toFixed(2) ?? '–',
          score.adapter?.toFixed(2) ?? '–',
        ]),
      ),
    );
  }
  if (passport.gates !== null) {
    print('');
    printGates(`${name} ${passport.version}`, passport.gates);
  }
  const history = [
    ...passport.history.map(({ at, event }) => `${at} ${event}`),
    ...events.map(({ at, action, sha256, share, reason }) =>
      [at.slice(0, 16), action, sha256?.slice(0, 12), share === null ? null : `${share} %`, reason]
        .filter((part) => part)
        .join(' '),
    ),
  ];
  if (history.length > 0) print(`\nHistory\n${history.map((line) => `  ${line}`).join('\n')}`);
  return EXIT.done;
}

/** Each list in a line: a caller holds one tag of every line. An empty one nobody can hold. */
export function describeRights(rights: readonly (readonly string[])[]): string {
  if (rights.some((tags) => tags.length === 0)) return 'the maintainer alone';
  return rights.map((tags) => tags.join(' or ')).join('\nand ') || 'everybody';
}
