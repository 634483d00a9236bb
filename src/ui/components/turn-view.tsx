import { usePage } from '../lib/page-context.js';
import { firstOfEachDocument, withoutNearestLine } from '../lib/sources.js';
import type { Turn } from '../lib/turns.js';
import { AnswerText } from './answer-text.js';
import { CopyButton } from './copy-button.js';
import { DocumentLinks } from './document-links.js';
import { Feedback } from './feedback.js';
import { RetryIcon } from './icons.js';
import { ProblemNotice } from './problem-notice.js';
import { SourceList } from './source-list.js';
import { TurnProgress } from './turn-progress.js';
import { WhyPanel } from './why-panel.js';

type TurnViewProps = {
  turn: Turn;
  /** Asks the same again; null when another answer is in the making or a later turn exists. */
  onRetry: (() => void) | null;
};

/** One question with its answer. */
export function TurnView({ turn, onRetry }: TurnViewProps) {
  const { t } = usePage();
  const { response, status } = turn;
  const isOpen = status === 'waiting' || status === 'writing';
  const text = response ? withoutNearestLine(turn.text, response.nearest) : turn.text;
  return (
    <article class="turn">
      <h2 class="visually-hidden">{t('turn.you')}</h2>
      <p class="question">{turn.question}</p>
      <section
        class={response?.outcome === 'abstained' ? 'answer abstained' : 'answer'}
        aria-label={t('turn.answer')}
        aria-busy={isOpen}
      >
        <TurnProgress turn={turn} />
        {status === 'waiting' && (
          <DocumentLinks
            title={t('sources.found')}
            documents={firstOfEachDocument(turn.passages)}
          />
        )}
        <div lang={response?.language}>
          {text !== '' && <AnswerText turn={turn} text={text} />}
          {response?.disclaimer && <p class="disclaimer">{response.disclaimer}</p>}
        </div>
        {status === 'stopped' && (
          <p class="stopped">
            {t('turn.stopped')}
            {onRetry && (
              <button type="button" class="button quiet" onClick={onRetry}>
                <RetryIcon />
                {t('turn.retry')}
              </button>
            )}
          </p>
        )}
        {turn.failure !== null && (
          <ProblemNotice failure={turn.failure} retryLabel={t('turn.retry')} onRetry={onRetry} />
        )}
        {response !== null && (
          <>
            {hasUncited(turn) && <p class="uncited-note">{t('turn.uncited.note')}</p>}
            <SourceList citations={response.citations} />
            <DocumentLinks title={t('sources.nearest')} documents={response.nearest} />
            <div class="answer-foot">
              <Feedback key={response.id} answerId={response.id} />
              <CopyButton text={response.answer} />
            </div>
            <WhyPanel response={response} />
          </>
        )}
      </section>
    </article>
  );
}

function hasUncited({ response }: Turn): boolean {
  if (response === null || response.uncited.length === 0) return false;
  return response.decision.arm === 'retrieve' || response.decision.arm === 'both';
}
