import type { Command } from 'commander';
import type { ModelGateOptions } from '../models-gate.js';
import { GATE_CASES, integer } from '../options.js';
import type { Given, Run } from '../run.js';

/** `models …`. */
export function addModelCommands(program: Command, run: Run): void {
  const models = program.command('models').description('list, pull, verify and measure models');
  models
    .command('list')
    .description('models known and present')
    .action(async () => {
      const { modelsList } = await import('../models.js');
      await run(modelsList, {});
    });
  models
    .command('pull [names...]')
    .description('fetch the models of the configuration, or those named')
    .addHelpText('after', '\nExamples:\n  kakehashi models pull\n  kakehashi models pull standard')
    .action(async (names: string[]) => {
      const { modelsPull } = await import('../models.js');
      await run((config, given) => modelsPull(config, names, given), {});
    });
  models
    .command('verify')
    .description('hash every model again')
    .action(async () => {
      const { modelsVerify } = await import('../models.js');
      await run(modelsVerify, {});
    });
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
    .action(async (name: string, options: Omit<ModelGateOptions, keyof Given>) => {
      const { modelsGate } = await import('../models-gate.js');
      await run((config, given) => modelsGate(config, name, given), options);
    });
}
