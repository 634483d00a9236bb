import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { RegisteredAdapter, RegistryOptions } from './adapters/registry.js';
import { tryOut } from './adapters/try-out.js';
import type { Config } from './config.js';
import { resolveCpuQuota } from './engine/cpu-quota.js';
import type { Engine } from './engine/engine.js';
import { createLlamaEngine, type LlamaEngineOptions } from './engine/host.js';
import { DEFAULT_RESTART_POLICY } from './engine/restart-policy.js';
import type { ReadyModel } from './models/verify.js';
import type { Records } from './store/records.js';

/** How a step of opening is cancelled, and where it says what the maintainer should know. */
export type Step = {
  signal?: AbortSignal | undefined;
  onNote?: ((note: string) => void) | undefined;
};

/** An engine of the chat model with these adapters, for measuring: one answer at a time. */
export function openGateEngine(
  config: Config,
  chat: ReadyModel,
  adapters: LlamaEngineOptions['adapters'],
): Engine {
  return createLlamaEngine({
    ...engineOptions(config, chat, {}),
    adapters,
    contextTokens: contextTokensOf(config, chat),
    sequences: 1,
  });
}

/** Where adapters and their versions lie, for the service and for the maintainer's commands. */
export function adapterRegistry(
  config: Config,
  chat: ReadyModel,
  records: Records,
  step: Step = {},
): RegistryOptions {
  return {
    adaptersDir: config.adapters,
    servedDir: join(config.data, 'adapters'),
    base: chat,
    events: () => records.adapters.list(),
    wasErased: (corpus, id) => records.documents.wasErased(corpus, id),
    tryOut: (name, file) =>
      tryOut(name, {
        open: () =>
          createLlamaEngine({
            ...engineOptions(config, chat, step),
            adapters: [{ name, ...file }],
            contextTokens: 512,
            sequences: 1,
            restart: { ...DEFAULT_RESTART_POLICY, crashLimit: 1 },
          }),
        signal: step.signal,
      }),
  };
}

/** The engine of the service with these adapters. */
export function openChatEngine(
  config: Config,
  chat: ReadyModel,
  adapters: readonly RegisteredAdapter[],
  step: Step,
): Engine {
  return createLlamaEngine({
    ...engineOptions(config, chat, step),
    adapters: adapters.map(({ engineName, passport, path }) => ({
      name: engineName,
      path,
      sha256: passport.adapter.sha256,
    })),
    contextTokens: contextTokensOf(config, chat),
    sequences: config.sequences,
  });
}

function engineOptions(config: Config, chat: ReadyModel, step: Step) {
  return {
    modelPath: chat.path,
    modelSha256: chat.sha256,
    threads: threadsOf(config),
    gpu: config.gpu === 'auto',
    queueLimit: config.queue_limit,
    log: engineLog(step),
  };
}

function contextTokensOf(config: Config, chat: ReadyModel): number {
  return Math.min(config.context_tokens, chat.contextTokens ?? config.context_tokens);
}

export function threadsOf(config: Config): number {
  return config.threads || resolveCpuQuota({ cores: availableParallelism() });
}

export function engineLog(step: Step) {
  return (level: 'info' | 'warn' | 'error', message: string) => {
    if (level === 'error') step.onNote?.(message);
  };
}
