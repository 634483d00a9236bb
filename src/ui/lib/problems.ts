import type { Failure } from './api.js';
import { findWordKey, type Translate } from './i18n.js';

export type ProblemText = {
  title: string;
  remedy: string;
  /** What a person can quote when asking for help; null for what the reader sees themself. */
  reference: string | null;
};

/** A failure in the reader's language, by its code. The server's own text is English. */
export function describeFailure(failure: Failure, t: Translate): ProblemText {
  const title = findWordKey(`problem.${failure.code}`);
  const remedy = findWordKey(`problem.${failure.code}.remedy`);
  const reference = [failure.code, failure.requestId].filter((part) => part !== undefined);
  return {
    title: t(title ?? 'problem.other'),
    remedy: t(remedy ?? 'problem.other.remedy'),
    reference: failure.code.startsWith('network.') ? null : reference.join(' · '),
  };
}
