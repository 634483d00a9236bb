import type { Command } from 'commander';
import { ZodError } from 'zod';
import { type Config, loadConfig } from '../config.js';
import { KakehashiError } from '../errors.js';
import { printError } from './terminal.js';

type Globals = { json: boolean; data?: string };

/** What every verb is given beside its own options. */
export type Given = { json: boolean; signal: AbortSignal };

/** Runs a verb with its options; `flags` are settings of the configuration from the command line. */
export type Run = <T extends object>(
  action: (config: Config, options: T & Given) => Promise<number>,
  options: T,
  flags?: Record<string, unknown>,
) => Promise<void>;

/** Reads the configuration, runs a verb, and turns whatever it throws into message and exit code. */
export function createRun(program: Command, signal: AbortSignal): Run {
  return async (action, options, flags = {}) => {
    const { json, data } = program.opts<Globals>();
    try {
      const config = loadConfig({ flags: { ...flags, ...(data === undefined ? {} : { data }) } });
      process.exitCode = await action(config, { ...options, json, signal });
    } catch (error) {
      process.exitCode = printError(error instanceof ZodError ? invalid(error) : error, json);
    }
  };
}

function invalid(error: ZodError): KakehashiError {
  const faults = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return new KakehashiError('request.invalid', `${faults.join('; ')}.`);
}
