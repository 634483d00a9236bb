import type { Command } from 'commander';
import { standBack } from '../../stand-back.js';
import { collect, integer } from '../options.js';
import type { Run } from '../run.js';

/** `index`, `runs`, `versions`, `rollback`, `erase`. */
export function addKnowledgeCommands(program: Command, run: Run): void {
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
      standBack();
      const { indexCorpora } = await import('../index.js');
      await run(indexCorpora, { ...options, corpora: corpus });
    });

  program
    .command('runs [corpus]')
    .description('index runs: what changed, what failed and why, how long they took')
    .option('--limit <number>', 'so many, the newest', integer(1, 10_000), 30)
    .option('--html <file>', 'also write a page with plots over the runs')
    .addHelpText('after', '\nExample:\n  kakehashi runs manuals --html runs.html')
    .action(
      async (corpus: string | undefined, options: { limit: number; html: string | undefined }) => {
        const { runs } = await import('../runs.js');
        await run((config, given) => runs(config, corpus, given), options);
      },
    );

  const versionsCommand = program
    .command('versions')
    .description('versions of the index that are kept, and what changed between them');
  versionsCommand
    .command('list [corpus]', { isDefault: true })
    .description('kept versions, newest first')
    .action(async (corpus: string | undefined) => {
      const { versions } = await import('../versions.js');
      await run((config, given) => versions(config, corpus, given), {});
    });
  versionsCommand
    .command('diff <corpus>')
    .description('documents, sections and gold questions that changed')
    .option('--from <version>', 'default: the one before', integer(1, 1_000_000))
    .option('--to <version>', 'default: the one in use', integer(1, 1_000_000))
    .addHelpText('after', '\nExample:\n  kakehashi versions diff manuals --from 11 --to 12')
    .action(
      async (corpus: string, options: { from: number | undefined; to: number | undefined }) => {
        const { versionsDiff } = await import('../versions.js');
        await run((config, given) => versionsDiff(config, corpus, given), options);
      },
    );

  program
    .command('rollback <corpus>')
    .description('go back to an earlier version of the index; a running service follows')
    .option('--to <version>', 'version to go to (default: the one before)', integer(1, 1_000_000))
    .addHelpText(
      'after',
      '\nExamples:\n  kakehashi rollback manuals\n  kakehashi rollback manuals --to 12',
    )
    .action(async (corpus: string, options: { to: number | undefined }) => {
      const { rollback } = await import('../versions.js');
      await run((config, given) => rollback(config, corpus, given), options);
    });

  program
    .command('erase <document>')
    .description(
      'remove a document from every version, stored text and answer, and look for what is left',
    )
    .requiredOption('--corpus <name>', 'corpus that holds it')
    .addHelpText('after', '\nExample:\n  kakehashi erase staff/letter.md --corpus handbook')
    .action(async (id: string, options: { corpus: string }) => {
      const { erase } = await import('../erase.js');
      await run((config, given) => erase(config, id, given), options);
    });
}
