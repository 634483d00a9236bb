import { type Command, Option } from 'commander';
import { collect, integer, share } from '../options.js';
import type { Run } from '../run.js';

/** `start`, `ask`, `search`, `doctor`. */
export function addServiceCommands(program: Command, run: Run): void {
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
      const { start } = await import('../../main.js');
      const { host, port, index } = options;
      const flags = {
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port }),
      };
      await run(start, { index }, flags);
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
      const { ask } = await import('../ask.js');
      await run((config, given) => ask(config, question, given), { ...options, corpora: corpus });
    });

  program
    .command('search <query>')
    .description('search the documents without answering')
    .option('--corpus <name>', 'search this corpus only (repeatable)', collect, [])
    .option('--limit <number>', 'passages to show', integer(1, 50), 5)
    .addHelpText('after', '\nExample:\n  kakehashi search "VPN に接続できない" --limit 3')
    .action(async (query: string, { corpus, limit }) => {
      const { search } = await import('../search.js');
      await run((config, given) => search(config, query, given), { corpora: corpus, limit });
    });

  program
    .command('doctor')
    .description('check the machine, the models, the corpora; print all settings')
    .action(async () => {
      const { doctor } = await import('../doctor.js');
      await run(doctor, {});
    });
}
