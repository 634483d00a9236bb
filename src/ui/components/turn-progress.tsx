import { usePage } from '../lib/page-context.js';
import type { Turn } from '../lib/turns.js';

/** What is being done, and once decided, the way of answering in a few words. */
export function TurnProgress({ turn }: { turn: Turn }) {
  const { t } = usePage();
  const { decision, status, passages } = turn;
  if (status === 'waiting') {
    let step = t('turn.searching');
    if (passages.length > 0) step = t('turn.reading', { count: passages.length });
    else if (decision !== null && decision.arm !== 'abstain') step = t('turn.thinking');
    return (
      <p class="progress">
        <span class="pulse" aria-hidden="true" />
        {step}
      </p>
    );
  }
  if (decision === null) return null;
  return (
    <p class={`arm-label arm-${decision.arm}`}>
      <span class="arm-dot" aria-hidden="true" />
      {t(`arm.${decision.arm}`)}
    </p>
  );
}
