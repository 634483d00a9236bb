import { learnDecision } from './cli/decision-train.js';
import { note } from './cli/terminal.js';
import type { Config } from './config.js';
import { isKakehashiError } from './errors.js';
import { bringUpToDateApart } from './index-process.js';
import { type Nightly, scheduleNightly } from './nightly.js';
import type { Service } from './service.js';
import type { Records } from './store/records.js';
import { type MaintenanceEvent, postEvent } from './webhook.js';

const DAY_MS = 86_400_000;

export type ForgettingRecords = {
  conversations: Pick<Records['conversations'], 'removeUnchangedSince'>;
  decisions: Pick<Records['decisions'], 'removeTextsBefore'>;
};

/**
 * Removes the conversations that were not continued, and the texts that were recorded, for as long as is
 * set; now and once a day.
 */
export function forgetTexts(
  config: Pick<Config, 'keep_conversations_days' | 'keep_texts_days'>,
  { conversations, decisions }: ForgettingRecords,
): Disposable {
  const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
  const forget = () => {
    try {
      conversations.removeUnchangedSince(daysAgo(config.keep_conversations_days));
      decisions.removeTextsBefore(daysAgo(config.keep_texts_days));
    } catch (error) {
      // Another process may be writing: what stayed goes a day later.
      note(isKakehashiError(error) ? error.message : 'Old texts could not be removed.');
    }
  };
  forget();
  const timer = setInterval(forget, DAY_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The nightly run of a service, or null without a schedule. Errors: `config.invalid`. */
export function openNightly(config: Config, service: Service): Nightly | null {
  if (config.nightly === '') return null;
  return scheduleNightly({
    schedule: config.nightly,
    timeZone: config.nightly_time_zone,
    jitterMinutes: config.nightly_jitter_minutes,
    windowMinutes: config.nightly_window_minutes,
    run: async (signal) => {
      await bringUpToDateApart(config, {
        signal,
        onEnd: (corpus, error) => {
          const code = error?.code ?? null;
          const failure = code === 'gate.refused' ? 'index.refused' : 'index.failed';
          const event = error === null ? 'index.published' : failure;
          return tell(config, { event, corpus, code, detail: error?.message ?? '' });
        },
      });
      if (!config.nightly_decision) return;
      await learnFromGold(config, service, signal).catch((error: unknown) => {
        if (!isKakehashiError(error) || signal.aborted) throw error;
        const { code, message } = error;
        return tell(config, { event: 'decision.failed', corpus: null, code, detail: message });
      });
    },
    onFailure: (error) => {
      const detail = isKakehashiError(error) ? error.message : 'The nightly run failed.';
      const code = isKakehashiError(error) ? error.code : 'internal';
      void tell(config, { event: 'index.failed', corpus: null, code, detail });
    },
  });
}

/** Answers to gold questions may have changed with the index or an adapter: learns from them anew. */
async function learnFromGold(config: Config, service: Service, signal: AbortSignal): Promise<void> {
  const options = { corpora: [], arms: ['all'], limit: undefined, jobs: 1, json: true, signal };
  const { promoted, rival, gain } = await learnDecision(config, service, options);
  if (promoted) await service.reloadPolicy();
  await tell(config, {
    event: promoted ? 'decision.promoted' : 'decision.kept',
    corpus: null,
    code: null,
    detail: `${gain.toFixed(3)} a question against the ${rival}`,
  });
}

async function tell({ webhook }: Config, event: Omit<MaintenanceEvent, 'at'>): Promise<void> {
  if (event.code !== null) note(`${event.corpus ?? 'index'}: ${event.detail}`);
  if (webhook === undefined) return;
  const trouble = await postEvent(webhook, { ...event, at: new Date().toISOString() });
  if (trouble !== '') note(trouble);
}
