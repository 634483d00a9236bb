import type { Failure } from '../lib/api.js';
import { usePage } from '../lib/page-context.js';
import { describeFailure } from '../lib/problems.js';
import { RetryIcon } from './icons.js';

type ProblemNoticeProps = { failure: Failure; retryLabel: string; onRetry: (() => void) | null };

export function ProblemNotice({ failure, retryLabel, onRetry }: ProblemNoticeProps) {
  const { t } = usePage();
  const { title, remedy, reference } = describeFailure(failure, t);
  return (
    <div class="notice warn" role="alert">
      <div>
        <p>
          <strong>{title}</strong>
          <span>{remedy}</span>
        </p>
        {reference !== null && <p class="reference">{t('problem.reference', { reference })}</p>}
        {onRetry !== null && (
          <button type="button" class="button" onClick={onRetry}>
            <RetryIcon />
            {retryLabel}
          </button>
        )}
      </div>
    </div>
  );
}
