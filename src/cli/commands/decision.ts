import { type Command, Option } from 'commander';
import { collect, integer, JOBS, list, share } from '../options.js';
import type { Run } from '../run.js';

/** `eval` and `decision …`. */
export function addDecisionCommands(program: Command, run: Run): void {
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
    .option(...JOBS)
    .option('--groups <list>', 'groups of the asker', list, ['everyone'])
    .addHelpText(
      'after',
      '\nExamples:\n  kakehashi eval --corpus handbook\n  kakehashi eval --corpus handbook --arms retrieve,both:grounded --limit 60',
    )
    .action(async (options) => {
      const { evaluate } = await import('../eval.js');
      await run(evaluate, options);
    });

  const decision = program
    .command('decision')
    .description('learn how to choose between documents, adapters and silence, and report it');
  const replaying = (name: string) =>
    decision
      .command(name)
      .option('--corpus <name>', 'this corpus only (repeatable)', collect, [])
      .option('--arms <list>', 'direct, retrieve, adapter:NAME, both:NAME, or all', list, ['all'])
      .option(
        '--limit <number>',
        'an even sample of so many questions a corpus',
        integer(1, 100_000),
      )
      .option(...JOBS);
  replaying('train')
    .description('replay the gold questions in every arm and learn a decision from them')
    .addHelpText(
      'after',
      '\nExamples:\n  kakehashi decision train\n  kakehashi decision train --corpus manuals --limit 100',
    )
    .action(async ({ corpus, ...options }) => {
      const { decisionTrain } = await import('../decision-train.js');
      await run(decisionTrain, { ...options, corpora: corpus });
    });
  replaying('replay')
    .description('only replay the gold questions, for a report of the decision in service')
    .addHelpText('after', '\nExample:\n  kakehashi decision replay --corpus manuals --limit 100')
    .action(async ({ corpus, ...options }) => {
      const { decisionReplay } = await import('../decision-replay.js');
      await run(decisionReplay, { ...options, corpora: corpus });
    });
  decision
    .command('report')
    .description('report the decision in service on questions it was not learned from')
    .option('--risk <share>', 'share of given answers that may be wrong', share)
    .option('--html <file>', 'also write a page with plots')
    .addHelpText('after', '\nExample:\n  kakehashi decision report --risk 0.2 --html report.html')
    .action(async (options) => {
      const { decisionReport } = await import('../decision-report.js');
      await run(decisionReport, options);
    });
  decision
    .command('drift')
    .description('compare the questions asked with those learned from; exit 3 when they differ')
    .option('--days <number>', 'questions of so many days', integer(1, 3650), 7)
    .addHelpText('after', '\nExample:\n  kakehashi decision drift --days 30')
    .action(async (options: { days: number }) => {
      const { decisionDrift } = await import('../decision-drift.js');
      await run(decisionDrift, options);
    });
}
