import { join } from 'node:path';
import { mainChecksums, type Roster } from './adapters/roster.js';
import type { Config } from './config.js';
import { fitToServed, readDecisionFile, type Served } from './decision/decision-file.js';
import { defaultRuleFor } from './decision/default-rule.js';
import { type DecisionFile, learnedPolicy } from './decision/learned.js';
import type { Policy } from './decision/policy.js';
import { rulePolicy } from './decision/rule.js';
import type { ReadyModel } from './models/verify.js';

/** Where the decision file that `decision train` put into service lies. */
export function decisionFile(config: Config): string {
  return join(config.data, 'decision', 'decision.json');
}

/**
 * The decision file that was learned here, or the one that the project ships; null without either. With
 * `chatModel`, its sha256, only one that was learned on it. Errors: `config.invalid`.
 */
export async function readDecision(
  config: Config,
  { chatModel, onNote }: { chatModel?: string; onNote?: (note: string) => void } = {},
): Promise<DecisionFile | null> {
  const isOurs = ({ learned }: DecisionFile) =>
    chatModel === undefined || learned.chatModel === chatModel;
  const here = await readDecisionFile(decisionFile(config));
  if (here !== null && isOurs(here)) return here;
  if (here !== null) onNote?.('The decision was learned on another chat model and is not used.');
  const shipped = await readDecisionFile(join(config.decisions, 'default.json'));
  return shipped !== null && isOurs(shipped) ? shipped : null;
}

/**
 * The same as far as it was learned on what is served; null: the rule decides alone. Errors:
 * `config.invalid`.
 */
export async function readServedDecision(
  config: Config,
  served: Served,
  onNote: (note: string) => void = () => undefined,
): Promise<DecisionFile | null> {
  const file = await readDecision(config, { chatModel: served.chatModel, onNote });
  return file && fitToServed(file, served);
}

/**
 * How questions are decided: by the decision file that was learned here, by the one that the project
 * ships, or by the rule where neither was learned on the chat model in use. Adapter versions that it was
 * not learned on are weighed by the rule; one on trial is weighed as the one in service, whose place it
 * takes. Errors: `config.invalid`.
 */
export async function openPolicy(
  config: Config,
  chat: Pick<ReadyModel, 'entry' | 'sha256'>,
  roster: Pick<Roster, 'served'>,
  onNote: (note: string) => void = () => undefined,
): Promise<{ current: () => Policy; reload: () => Promise<void> }> {
  const rule = rulePolicy(defaultRuleFor(chat.entry.name));
  let file: DecisionFile | null = null;
  let key: string | null = null;
  let policy = rule;

  async function reload(): Promise<void> {
    file = await readDecision(config, { chatModel: chat.sha256, onNote });
    key = null;
  }

  function current(): Policy {
    const adapters = mainChecksums(roster.served());
    const now = JSON.stringify(adapters);
    if (now === key) return policy;
    key = now;
    const fitting = file && fitToServed(file, { chatModel: chat.sha256, adapters });
    policy = fitting === null ? rule : learnedPolicy(fitting, rule);
    return policy;
  }

  await reload();
  return { current, reload };
}
