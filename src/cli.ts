#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { ZodError } from 'zod';
import { adaptersAdvise } from './cli/adapters-advise.js';
import { adaptersCollect, type CollectOptions } from './cli/adapters-collect.js';
import { adaptersGate } from './cli/adapters-gate.js';
import { adaptersShow } from './cli/adapters-show.js';
import { adaptersTrain, type TrainOptions } from './cli/adapters-train.js';
import {
  adaptersCanary,
  adaptersDisable,
  adaptersList,
  adaptersPromote,
  adaptersRollback,
  adaptersVet,
  type CanaryOptions,
  type PromoteOptions,
} from './cli/adapters.js';
import { ask } from './cli/ask.js';
import { decisionDrift } from './cli/decision-drift.js';
import { decisionReport } from './cli/decision-report.js';
import { decisionTrain } from './cli/decision-train.js';
import { doctor } from './cli/doctor.js';
import { erase } from './cli/erase.js';
import { evaluate } from './cli/eval.js';
import { GATE_CASES } from './cli/gates.js';
import { indexCorpora } from './cli/index.js';
import { modelsGate, type ModelGateOptions } from './cli/models-gate.js';
import { modelsList, modelsPull, modelsVerify } from './cli/models.js';
import { search } from './cli/search.js';
import { EXIT, printError } from './cli/terminal.js';
import { rollback, versions, versionsDiff } from './cli/versions.js';
import { type Config, loadConfig } from './config.js';
import { KakehashiError } from './errors.js';
import { start } from './main.js';
import { VERSION } from './service.js';

type Globals = { json: boolean; data?: string };
type Action<T> = (
  config: Config,
  options: T & { json: boolean; signal: AbortSignal },
) => Promise<number>;

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());

const program = new Command('kakehashi')
  .description('Answers questions over your documents and says why it answered as it did.')
  .version(VERSION)
  .option('--data <dir>', 'folder for models, index and records (default: ./data)')
  .option('--json', 'print the result as JSON', false)
  .showHelpAfterError('(add --help for examples)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

const integer = (low: number, high: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
};
const share = (text: string) => {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a share above 0, at most 1.');
};
const collect = (value: string, all: string[]) => [...all, value];
const list = (text: string) => text.split(',').map((part) => part.trim());

/** Reads the configuration, runs a verb, and turns whatever it throws into message and exit code. */
async function run<T>(action: Action<T>, options: T, flags: Record<string, unknown> = {}) {
  const { json, data } = program.opts<Globals>();
  try {
    const config = loadConfig({ flags: { ...flags, ...(data === undefined ? {} : { data }) } });
    process.exitCode = await action(config, { ...options, json, signal: interrupted.signal });
  } catch (error) {
    process.exitCode = printError(error instanceof ZodError ? invalid(error) : error, json);
  }
}

function invalid(error: ZodError): KakehashiError {
  const faults = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return new KakehashiError('request.invalid', `${faults.join('; ')}.`);
}

program
  .command('start')
  .description('fetch the models, index the corpora, serve page and HTTP')
  .option('--host <address>', 'address to serve on (default: 127.0.0.1)')
  .option('--port <number>', 'port, 0 for any free one (default: 3210)')
  .option('--no-index', 'serve what is indexed without looking at the corpora')
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi start\n  kakehashi start --port 8080 --data /srv/kakehashi',
  )
  .action(async (options: { host?: string; port?: string; index: boolean }) => {
    const { host, port } = options;
    const flags = {
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
    };
    await run((config, given) => start(config, given), { index: options.index }, flags);
  });

program
  .command('ask <question>')
  .description('ask one question')
  .option('--corpus <name>', 'search this corpus only (repeatable)', collect, [])
  .addOption(
    new Option('--mode <mode>', 'how to answer')
      .choices(['auto', 'direct', 'retrieve', 'adapter', 'both'])
      .default('auto'),
  )
  .option('--adapter <name>', 'adapter to use')
  .addOption(new Option('--language <code>').choices(['auto', 'ja', 'en']).default('auto'))
  .option('--max-tokens <number>', 'longest answer', integer(1, 1024), 256)
  .option('--risk <share>', 'share of given answers that may be wrong', share)
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi ask "大阪出張の宿泊費の上限は？"\n  kakehashi ask "What does E-204 mean?" --corpus product --json',
  )
  .action(async (question: string, { corpus, ...options }) => {
    await run((config, given) => ask(config, question, given), { ...options, corpora: corpus });
  });

program
  .command('search <query>')
  .description('search the documents without answering')
  .option('--corpus <name>', 'search this corpus only (repeatable)', collect, [])
  .option('--limit <number>', 'passages to show', integer(1, 50), 5)
  .addHelpText('after', '\nExample:\n  kakehashi search "VPN に接続できない" --limit 3')
  .action(async (query: string, { corpus, limit }) => {
    await run((config, given) => search(config, query, given), { corpora: corpus, limit });
  });

program
  .command('index')
  .description('bring the index up to date with the corpora folder')
  .option('--corpus <name>', 'this corpus only (repeatable)', collect, [])
  .option('--from <dir>', 'folder of the documents of a single corpus')
  .option('--full', 'embed everything again', false)
  .option('--dry-run', 'show what would change', false)
  .option('--accept', 'publish although a gate refuses', false)
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi index\n  kakehashi index --corpus manuals --from /srv/manuals --dry-run',
  )
  .action(async ({ corpus, ...options }) => {
    await run(indexCorpora, { ...options, corpora: corpus });
  });

const versionsCommand = program
  .command('versions')
  .description('versions of the index that are kept, and what changed between them');
versionsCommand
  .command('list [corpus]', { isDefault: true })
  .description('kept versions, newest first')
  .action(async (corpus: string | undefined) =>
    run((config, given) => versions(config, corpus, given), {}),
  );
versionsCommand
  .command('diff <corpus>')
  .description('documents, sections and gold questions that changed')
  .option('--from <version>', 'default: the one before', integer(1, 1_000_000))
  .option('--to <version>', 'default: the one in use', integer(1, 1_000_000))
  .addHelpText('after', '\nExample:\n  kakehashi versions diff manuals --from 11 --to 12')
  .action(async (corpus: string, options: { from: number | undefined; to: number | undefined }) =>
    run((config, given) => versionsDiff(config, corpus, given), options),
  );

program
  .command('rollback <corpus>')
  .description('go back to an earlier version of the index; a running service follows')
  .option('--to <version>', 'version to go to (default: the one before)', integer(1, 1_000_000))
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi rollback manuals\n  kakehashi rollback manuals --to 12',
  )
  .action(async (corpus: string, options: { to: number | undefined }) =>
    run((config, given) => rollback(config, corpus, given), options),
  );

program
  .command('erase <document>')
  .description(
    'remove a document from every version, stored text and answer, and look for what is left',
  )
  .requiredOption('--corpus <name>', 'corpus that holds it')
  .addHelpText('after', '\nExample:\n  kakehashi erase staff/letter.md --corpus handbook')
  .action(async (id: string, options: { corpus: string }) =>
    run((config, given) => erase(config, id, given), options),
  );

program
  .command('eval')
  .description('measure retrieval, answers, silence and citations on a gold file')
  .requiredOption('--corpus <name>', 'corpus to ask')
  .option('--gold <file>', 'questions (default: gold.jsonl of the corpus)')
  .option('--arms <list>', 'auto, direct, retrieve, adapter:NAME, both:NAME, or all', list, [
    'auto',
  ])
  .addOption(
    new Option('--part <part>', 'half to ask: weights were fitted on one, report on the other')
      .choices(['all', 'fit', 'report'])
      .default('all'),
  )
  .option('--limit <number>', 'ask an even sample of so many questions', integer(1, 100_000))
  .option(
    '--jobs <number>',
    'questions asked at once; more than one pays on a graphics card',
    integer(1, 32),
    1,
  )
  .option('--groups <list>', 'groups of the asker', list, ['everyone'])
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi eval --corpus handbook\n  kakehashi eval --corpus handbook --arms retrieve,both:grounded --limit 60',
  )
  .action(async (options) => {
    await run(evaluate, options);
  });

const models = program.command('models').description('list, pull and verify models');
models
  .command('list')
  .description('models known and present')
  .action(async () => run(modelsList, {}));
models
  .command('pull [names...]')
  .description('fetch the models of the configuration, or those named')
  .addHelpText('after', '\nExamples:\n  kakehashi models pull\n  kakehashi models pull standard')
  .action(async (names: string[]) => run((config, given) => modelsPull(config, names, given), {}));
models
  .command('verify')
  .description('hash every model again')
  .action(async () => run(modelsVerify, {}));
models
  .command('gate <model>')
  .description('measure a fine-tuned or merged model as adapters are; exit 3 if it fails')
  .option('--base <model>', 'model to measure against', 'starter')
  .option('--task <adapter>', 'adapter whose held-out examples it should do by itself')
  .option('--limit <number>', 'cases of each kind and language', integer(4, 10_000), GATE_CASES)
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi models gate file:/srv/models/merged.gguf --task grounded\n  kakehashi models gate standard',
  )
  .action(async (name: string, options: Omit<ModelGateOptions, 'json' | 'signal'>) =>
    run((config, given) => modelsGate(config, name, given), options),
  );

const adapters = program
  .command('adapters')
  .description('check, promote and withdraw adapters')
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi adapters vet grounded\n  kakehashi adapters canary grounded --share 10\n  kakehashi adapters disable grounded --reason "wrong tone"',
  );
adapters
  .command('list', { isDefault: true })
  .description('adapters and their state')
  .action(async () => run(adaptersList, {}));
adapters
  .command('show <name>')
  .description('the passport of an adapter and its history')
  .action(async (name: string) => run((config, given) => adaptersShow(config, name, given), {}));
adapters
  .command('vet <name>')
  .description('check the file in its folder, load it once in a process of its own')
  .action(async (name: string) => run((config, given) => adaptersVet(config, name, given), {}));
adapters
  .command('collect <name>')
  .description('make reading data of a corpus and its gold file, or of answers called helpful')
  .option('--corpus <name>', 'corpus whose documents and gold file to take')
  .option('--gold <file>', 'questions (default: gold.jsonl of the corpus)')
  .option('--feedback', 'take answers that readers called helpful; needs record_text', false)
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi adapters collect grounded --corpus handbook\n  kakehashi adapters collect grounded --feedback',
  )
  .action(async (name: string, options: Omit<CollectOptions, 'json' | 'signal'>) =>
    run((config, given) => adaptersCollect(config, name, given), options),
  );
adapters
  .command('advise <name>')
  .description('say which of its data is behaviour to train and which are facts for a corpus')
  .action(async (name: string) => run((config, given) => adaptersAdvise(config, name, given), {}));
adapters
  .command('train <name>')
  .description('train the adapter in its folder from its card and data, then run its gates')
  .option('--minutes <number>', 'end in time, even if examples are left', integer(1, 10_000))
  .option('--further', 'start from the file in its folder instead of nothing', false)
  .option('--dry-run', 'only check and count the examples', false)
  .option('--no-gate', 'leave the gates for later')
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi adapters train triage --dry-run\n  kakehashi adapters train grounded --further --minutes 40',
  )
  .action(async (name: string, options: Omit<TrainOptions, 'json' | 'signal'>) =>
    run((config, given) => adaptersTrain(config, name, given), options),
  );
adapters
  .command('gate <name>')
  .description('measure the version in its folder against base and service; exit 3 if it fails')
  .option('--limit <number>', 'cases of each kind and language', integer(4, 10_000), GATE_CASES)
  .action(async (name: string, options: { limit: number }) =>
    run((config, given) => adaptersGate(config, name, given), options),
  );
adapters
  .command('promote <name>')
  .description('put the version in its folder into service')
  .option('--force', 'although gates failed; needs a reason', false)
  .option('--reason <text>', 'why; kept with the event')
  .action(async (name: string, options: PromoteOptions) =>
    run((config, given) => adaptersPromote(config, name, given), options),
  );
adapters
  .command('canary <name>')
  .description('give a share of the conversations to the version in its folder')
  .requiredOption('--share <percent>', 'percent of conversations', integer(1, 99))
  .option('--force', 'although gates failed; needs a reason', false)
  .option('--reason <text>', 'why; kept with the event')
  .action(async (name: string, options: CanaryOptions) =>
    run((config, given) => adaptersCanary(config, name, given), options),
  );
adapters
  .command('rollback <name>')
  .description('end a trial, or go back to the version before')
  .option('--reason <text>', 'why; kept with the event')
  .action(async (name: string, options: PromoteOptions) =>
    run((config, given) => adaptersRollback(config, name, given), options),
  );
adapters
  .command('disable <name>')
  .description('take an adapter out of service at once')
  .option('--reason <text>', 'why; kept with the event')
  .action(async (name: string, options: PromoteOptions) =>
    run((config, given) => adaptersDisable(config, name, given), options),
  );

const decision = program
  .command('decision')
  .description('learn how to choose between documents, adapters and silence, and report it');
decision
  .command('train')
  .description('replay the gold questions in every arm and learn a decision from them')
  .option('--corpus <name>', 'this corpus only (repeatable)', collect, [])
  .option('--arms <list>', 'direct, retrieve, adapter:NAME, both:NAME, or all', list, ['all'])
  .option('--limit <number>', 'an even sample of so many questions a corpus', integer(1, 100_000))
  .option(
    '--jobs <number>',
    'questions asked at once; more than one pays on a graphics card',
    integer(1, 32),
    1,
  )
  .addHelpText(
    'after',
    '\nExamples:\n  kakehashi decision train\n  kakehashi decision train --corpus manuals --limit 100',
  )
  .action(async ({ corpus, ...options }) => {
    await run(decisionTrain, { ...options, corpora: corpus });
  });
decision
  .command('report')
  .description('report the decision in service on questions it was not learned from')
  .option('--risk <share>', 'share of given answers that may be wrong', share)
  .option('--html <file>', 'also write a page with plots')
  .addHelpText('after', '\nExample:\n  kakehashi decision report --risk 0.2 --html report.html')
  .action(async (options) => {
    await run(decisionReport, options);
  });
decision
  .command('drift')
  .description('compare the questions asked with those learned from; exit 3 when they differ')
  .option('--days <number>', 'questions of so many days', integer(1, 3650), 7)
  .addHelpText('after', '\nExample:\n  kakehashi decision drift --days 30')
  .action(async (options: { days: number }) => {
    await run(decisionDrift, options);
  });

program
  .command('doctor')
  .description('check the machine, the models, the corpora; print all settings')
  .action(async () => run(doctor, {}));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
}
