#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addAdapterCommands } from './cli/commands/adapters.js';
import { addDecisionCommands } from './cli/commands/decision.js';
import { addKnowledgeCommands } from './cli/commands/knowledge.js';
import { addModelCommands } from './cli/commands/models.js';
import { addServiceCommands } from './cli/commands/service.js';
import { createRun } from './cli/run.js';
import { EXIT } from './cli/terminal.js';
import { VERSION } from './version.js';

const interrupted = new AbortController();
/**
 * The first signal lets work end, the second ends it. Not `once`: what locks files looks whether anybody
 * else listens, and would end the process where it finds nobody.
 */
const interrupt = (): void => {
  if (interrupted.signal.aborted) process.exit(EXIT.failed);
  interrupted.abort();
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);

// Whoever reads has read enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.done);
});

const program = new Command('kakehashi')
  .description('Answers questions over your documents and says why it answered as it did.')
  .version(VERSION)
  .option('--data <dir>', 'folder for models, index and records (default: ./data)')
  .option('--json', 'print the result as JSON', false)
  .showHelpAfterError('(add --help for examples)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

// Each verb loads its own code when it is called: `--help` need not wait for search and models.
const run = createRun(program, interrupted.signal);
addServiceCommands(program, run);
addKnowledgeCommands(program, run);
addDecisionCommands(program, run);
addModelCommands(program, run);
addAdapterCommands(program, run);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
}
