import { readFile } from 'node:fs/promises';
import { isKakehashiError, toPlainError } from '../errors.js';
import type { ParseReply, ParseRequest } from './parser.js';
import { READERS } from './readers/choose.js';

/**
 * The process in which files of complicated formats are read: whatever a file does to it, the run goes
 * on. One file at a time.
 */
async function answer({ id, file, path, reader: name }: ParseRequest): Promise<ParseReply> {
  try {
    const reader = READERS.find((one) => one.name === name);
    if (reader === undefined) throw new Error(`no reader ${name}`);
    return { id, result: await reader.read(await readFile(file), { path }) };
  } catch (error) {
    return { id, failed: isKakehashiError(error) ? toPlainError(error) : null };
  }
}

process.on('message', (request: ParseRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
// A parent that is gone reads no answer.
process.on('disconnect', () => process.exit(0));
