import { type Command, Option } from 'commander';
import type { CollectOptions } from '../adapters-collect.js';
import type { TrainOptions } from '../adapters-train.js';
import type { CanaryOptions, PromoteOptions } from '../adapters.js';
import { GATE_CASES, integer } from '../options.js';
import type { Given, Run } from '../run.js';

const REASON = ['--reason <text>', 'why; kept with the event'] as const;
const FORCE = ['--force', 'although gates failed; needs a reason', false] as const;

/** `adapters …`: what an adapter is made of, its gates, its place in the service. */
export function addAdapterCommands(program: Command, run: Run): void {
  const adapters = program
    .command('adapters')
    .description('train, check, promote and withdraw adapters')
    .addHelpText(
      'after',
      '\nExamples:\n  kakehashi adapters vet grounded\n  kakehashi adapters canary grounded --share 10\n  kakehashi adapters disable grounded --reason "wrong tone"',
    );
  addMaking(adapters, run);
  addServing(adapters, run);
}

function addMaking(adapters: Command, run: Run): void {
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
    .action(async (name: string, options: Omit<CollectOptions, keyof Given>) => {
      const { adaptersCollect } = await import('../adapters-collect.js');
      await run((config, given) => adaptersCollect(config, name, given), options);
    });
  adapters
    .command('advise <name>')
    .description('say which of its data is behaviour to train and which are facts for a corpus')
    .action(async (name: string) => {
      const { adaptersAdvise } = await import('../adapters-advise.js');
      await run((config, given) => adaptersAdvise(config, name, given), {});
    });
  adapters
    .command('train <name>')
    .description('train the adapter in its folder from its card and data, then run its gates')
    .option('--minutes <number>', 'end in time, even if examples are left', integer(1, 10_000))
    .option('--further', 'start from the file in its folder instead of nothing', false)
    .addOption(
      new Option(
        '--from <adapter>',
        'start from the file of another adapter; its rights come with it',
      ).conflicts('further'),
    )
    .option('--only <files...>', 'train on these data files, named by how they begin')
    .option('--dry-run', 'only check and count the examples', false)
    .option('--no-gate', 'leave the gates for later')
    .addHelpText(
      'after',
      '\nExamples:\n  kakehashi adapters train triage --dry-run\n  kakehashi adapters train grounded --further --minutes 40\n  kakehashi adapters train grounded --further --only sources-4\n  kakehashi adapters train support --from grounded',
    )
    .action(async (name: string, options: Omit<TrainOptions, keyof Given>) => {
      const { adaptersTrain } = await import('../adapters-train.js');
      await run((config, given) => adaptersTrain(config, name, given), options);
    });
  adapters
    .command('gate <name>')
    .description('measure the version in its folder against base and service; exit 3 if it fails')
    .option('--limit <number>', 'cases of each kind and language', integer(4, 10_000), GATE_CASES)
    .option('--again', 'ask anew what was answered in an earlier run', false)
    .action(async (name: string, options: { limit: number; again: boolean }) => {
      const { adaptersGate } = await import('../adapters-gate.js');
      await run((config, given) => adaptersGate(config, name, given), options);
    });
}

function addServing(adapters: Command, run: Run): void {
  adapters
    .command('list', { isDefault: true })
    .description('adapters and their state')
    // As the default it gets a word that is no command, too.
    .allowExcessArguments()
    .action(async (_options: object, { args }: Command) => {
      if (args[0] !== undefined) adapters.error(`error: unknown command '${args[0]}'`);
      const { adaptersList } = await import('../adapters.js');
      await run(adaptersList, {});
    });
  adapters
    .command('show <name>')
    .description('the passport of an adapter and its history')
    .action(async (name: string) => {
      const { adaptersShow } = await import('../adapters-show.js');
      await run((config, given) => adaptersShow(config, name, given), {});
    });
  adapters
    .command('vet <name>')
    .description('check the file in its folder, load it once in a process of its own')
    .action(async (name: string) => {
      const { adaptersVet } = await import('../adapters.js');
      await run((config, given) => adaptersVet(config, name, given), {});
    });
  adapters
    .command('promote <name>')
    .description('put the version in its folder into service')
    .option(...FORCE)
    .option(...REASON)
    .action(async (name: string, options: PromoteOptions) => {
      const { adaptersPromote } = await import('../adapters.js');
      await run((config, given) => adaptersPromote(config, name, given), options);
    });
  adapters
    .command('canary <name>')
    .description('give a share of the conversations to the version in its folder')
    .requiredOption('--share <percent>', 'percent of conversations', integer(1, 99))
    .option(...FORCE)
    .option(...REASON)
    .action(async (name: string, options: CanaryOptions) => {
      const { adaptersCanary } = await import('../adapters.js');
      await run((config, given) => adaptersCanary(config, name, given), options);
    });
  adapters
    .command('rollback <name>')
    .description('end a trial, or go back to the version before')
    .option(...REASON)
    .action(async (name: string, options: PromoteOptions) => {
      const { adaptersRollback } = await import('../adapters.js');
      await run((config, given) => adaptersRollback(config, name, given), options);
    });
  adapters
    .command('disable <name>')
    .description('take an adapter out of service at once')
    .option(...REASON)
    .action(async (name: string, options: PromoteOptions) => {
      const { adaptersDisable } = await import('../adapters.js');
      await run((config, given) => adaptersDisable(config, name, given), options);
    });
}
