import { copyFile, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type AdapterCard, readCard, type TrainingSettings } from '../adapters/card.js';
import { buildExamples } from '../adapters/data/build-examples.js';
import type { DataReport } from '../adapters/data/check-data.js';
import { traceDocuments, withOrigin } from '../adapters/data/lineage.js';
import {
  type AdapterData,
  readData,
  readRehearsal,
  withHeldOf,
  withSourcesOf,
} from '../adapters/data/read-data.js';
import { type LineageDocument, rightsOf } from '../adapters/passport.js';
import { readPassport, writePassport } from '../adapters/passport-file.js';
import { requireBase } from '../adapters/registry.js';
import { composePassport } from '../adapters/train/compose-passport.js';
import { openPython } from '../adapters/train/python.js';
import { trainAdapter } from '../adapters/train/train-adapter.js';
import { PROMPT_VERSION } from '../answer/prompt.js';
import { SERVICE_PROMPTS } from '../answer/training-prompts.js';
import type { Config } from '../config.js';
import { openModels, recordsFile } from '../knowledge.js';
import { openRecords } from '../store/records.js';
import { adaptersGate } from './adapters-gate.js';
import { describeRights } from './adapters-show.js';
import { EXAMPLES_SEED } from './gates.js';
import { GATE_CASES } from './options.js';
import { createBar, EXIT, note, print, printJson, renderTable } from './terminal.js';

export type TrainOptions = {
  minutes?: number;
  /** Train further from the file in the folder. */
  further: boolean;
  /** Begin with the file of this other adapter. */
  from?: string;
  /** Train on files whose names begin so; on all when left out. The held rows are those of all. */
  only?: string[];
  dryRun: boolean;
  /** Run the gates afterwards. */
  gate: boolean;
  json: boolean;
  signal: AbortSignal;
};

const SCRIPTS_DIR = resolve(import.meta.dirname, '../../scripts/train');

/**
 * Trains the adapter in `adapters/<name>`: builds its examples, makes the Python environment on the
 * first run, trains, converts, writes `adapter.gguf` and `passport.json`, and runs the gates, whose
 * exit code is its own. Stopped, it goes on from its last checkpoint when it is started again.
 */
export async function adaptersTrain(
  config: Config,
  name: string,
  options: TrainOptions,
): Promise<number> {
  const { signal, json } = options;
  const folder = join(config.adapters, name);
  const card = await readCard(config.adapters, name);
  const { further, from, only } = options;
  const before = await readPassport(config.adapters, name).catch(() => null);
  const origin =
    from === undefined ? (further ? before : null) : await readPassport(config.adapters, from);
  const own = await readData(join(folder, 'data'));
  const all = await withSourcesOf(own, config.adapters, card.training.sources_of);
  const data = only === undefined ? all : await readData(join(folder, 'data'), { only });
  // What the file in the folder learned before stays part of what the new one knows.
  const learned = further ? all : data;
  const { examples, report } = buildExamples(only === undefined ? all : withHeldOf(all, data), {
    prompts: SERVICE_PROMPTS,
    instruction: card.instruction,
    form: card.training.form,
    seed: EXAMPLES_SEED,
    perLanguage: perLanguage(card.training.examples_per_language),
    rehearsal: {
      rows: await readRehearsal(SCRIPTS_DIR),
      perLanguage: card.training.rehearsal_per_language,
      // One that always answers in a form of its own is to do so whatever it is asked.
      instruction: card.answer_schema === null ? card.instruction : null,
    },
  });
  const { access, lineage } = withOrigin(
    { access: card.access, lineage: traceLineage(config, learned) },
    origin,
  );
  if (!json) printReport(name, { ...card, access }, { report, data, lineage });
  if (options.dryRun) {
    if (json) printJson({ report, files: data.files, lineage });
    return EXIT.done;
  }

  const models = await openModels(config, { signal });
  if (origin !== null) requireBase(origin, models.chat.sha256);
  const trainDir = join(config.data, 'train');
  const python = await openPython(join(trainDir, 'venv'), join(SCRIPTS_DIR, 'requirements.txt'), {
    signal,
    onLine: note,
  });
  const bar = createBar(`train ${name}`, json);
  const { file, record } = await trainAdapter({
    name,
    card,
    examples,
    baseFile: models.chat.path,
    initFile:
      further || from !== undefined ? join(config.adapters, from ?? name, 'adapter.gguf') : null,
    python,
    scriptsDir: SCRIPTS_DIR,
    runsDir: trainDir,
    minutes: options.minutes ?? null,
    signal,
    onProgress: ({ step, steps, loss, minutesLeft }) =>
      bar.update(step, steps, `loss ${loss.toFixed(3)}, ${Math.ceil(minutesLeft)} min left`),
    onNote: (line) => {
      if (!json) note(line);
    },
  }).finally(() => bar.stop());

  const passport = await composePassport({
    name,
    card: { ...card, access },
    base: {
      name: models.chat.entry.name,
      sha256: models.chat.sha256,
      licence: models.chat.licence,
    },
    file: { path: file, bytes: (await stat(file)).size },
    dataDir: join(folder, 'data'),
    dataFiles: learned.files,
    report,
    lineage,
    record,
    promptVersion: PROMPT_VERSION,
    history: before?.history ?? [],
    training: {
      from: origin && (further ? origin.version : `${origin.name} ${origin.version}`),
      files: data.files,
    },
    at: new Date().toISOString().slice(0, 10),
  });
  // The file first: a passport without its file is refused, the other way round it is not seen.
  await copyFile(file, join(folder, 'adapter.gguf.part'));
  await rename(join(folder, 'adapter.gguf.part'), join(folder, 'adapter.gguf'));
  await writePassport(config.adapters, passport);
  if (!json) {
    const minutes = (record.seconds / 60).toFixed(0);
    print(`\n${name} ${card.version}: ${record.steps} steps in ${minutes} min.`);
    if (!options.gate) print(`Next: kakehashi adapters gate ${name}`);
  } else if (!options.gate) printJson({ passport });
  return options.gate
    ? await adaptersGate(config, name, { limit: GATE_CASES, json, signal })
    : EXIT.done;
}

function perLanguage(count: TrainingSettings['examples_per_language']) {
  return typeof count === 'number' ? { ja: count, en: count } : count;
}

/** Before hours of training: a document that is not in the index is found out now. */
function traceLineage(config: Config, data: AdapterData): LineageDocument[] {
  const records = openRecords(recordsFile(config));
  try {
    return traceDocuments(data, (corpus, id) => records.documents.get(corpus, id, null));
  } finally {
    records.close();
  }
}

function printReport(
  name: string,
  card: AdapterCard,
  { report, data, lineage }: { report: DataReport; data: AdapterData; lineage: LineageDocument[] },
): void {
  const { counts, characters, nearHeld } = report;
  print(`Examples of ${name}\n`);
  print(
    renderTable(
      ['part', 'language', 'kind', 'n', 'characters, median', 'longest'],
      Object.entries(counts).map(([key, count]) => {
        const { median = 0, longest = 0 } = characters[key] ?? {};
        return [...key.split(' '), String(count), String(median), String(longest)];
      }),
    ),
  );
  print(`From ${data.files.join(', ')}; licence ${card.licence}.`);
  const rights = rightsOf({ access: card.access, lineage });
  print(
    lineage.length === 0
      ? 'Taken from no document of a corpus.'
      : `Taken from ${lineage.length} documents of ${[...new Set(lineage.map(({ corpus }) => corpus))].join(', ')}.`,
  );
  print(`To be used by: ${describeRights(rights).replaceAll('\n', ' ')}.`);
  if (nearHeld.length > 0) {
    print(`Left out as nearly the same as a held question: ${nearHeld.join(', ')}.`);
  }
  print('');
}
