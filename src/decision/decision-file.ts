import { readFile } from 'node:fs/promises';
import { isSystemError, KakehashiError } from '../errors.js';
import { DecisionFile } from './learned.js';

/** Reads a decision file; null when there is none. Errors: `config.invalid` naming field and fault. */
export async function readDecisionFile(file: string): Promise<DecisionFile | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  const parsed = DecisionFile.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('; '),
  );
}

/** What is served: checksum of the chat model, and of each adapter by name. */
export type Served = { chatModel: string; adapters: Readonly<Record<string, string>> };

/**
 * The file as far as it was learned on what is served: arms of other adapter versions are left out.
 * Null for another chat model, whose answers nobody replayed.
 */
export function fitToServed(file: DecisionFile, served: Served): DecisionFile | null {
  if (file.learned.chatModel !== served.chatModel) return null;
  const isServed = (key: string) => {
    const name = key.split(':')[1];
    return name === undefined || file.learned.adapters[name] === served.adapters[name];
  };
  return {
    ...file,
    risks: file.risks.map((one) => ({
      ...one,
      arms: Object.fromEntries(Object.entries(one.arms).filter(([key]) => isServed(key))),
    })),
  };
}

function invalid(fault: string): KakehashiError {
  return new KakehashiError('config.invalid', `The decision file is wrong: ${fault}.`, {
    remedy: 'Learn a new one: kakehashi decision train.',
  });
}
