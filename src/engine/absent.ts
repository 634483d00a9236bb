import { KakehashiError } from '../errors.js';
import type { Engine } from './engine.js';

/** The engine of a command that only searches: it says so to whoever asks it for an answer. */
export function absentEngine(): Engine {
  const absent = () =>
    new KakehashiError('engine.unavailable', 'No chat model was started for this command.');
  return {
    state: () => 'closed',
    ready: () => Promise.reject(absent()),
    countTokens: () => Promise.reject(absent()),
    generate: () => Promise.reject(absent()),
    close: () => Promise.resolve(),
  };
}
