import type { ModelEntry } from './model-entry.js';
import { findModel } from './manifest.js';
import { ownChatModel } from './own-model.js';

export type ModelChoice = {
  /** A name of the manifest, `file:…` or `hf:…`. */
  chat: string;
  embedding: string;
  /** SPDX id of a chat model of one's own. */
  chatLicence: string | undefined;
};

/** Whether a model is named by its place, `file:…` or `hf:…`, rather than by the manifest. */
export function isOwnModel(name: string): boolean {
  return /^(file|hf):/u.test(name);
}

/** The two models that a configuration names. Errors: `model.not_found`, `config.invalid`. */
export function chosenModels(choice: ModelChoice): { chat: ModelEntry; embedding: ModelEntry } {
  return {
    chat: isOwnModel(choice.chat)
      ? ownChatModel(choice.chat, choice.chatLicence ? { licence: choice.chatLicence } : {})
      : findModel(choice.chat),
    embedding: findModel(choice.embedding),
  };
}
