import type { AnswerResponse } from '../../schemas.js';
import { formatDuration } from '../lib/format.js';
import { usePage } from '../lib/page-context.js';

const STEPS = ['queue', 'embed', 'search', 'decide', 'prefill', 'generate'] as const;

/** Model, index, tokens and time of one answer. */
export function MakingOf({ response }: { response: AnswerResponse }) {
  const { t, about, language } = usePage();
  const { model, usage, timings_ms: timings } = response;
  const titleOf = (name: string): string =>
    about?.corpora.find((corpus) => corpus.name === name)?.title[language] ?? name;
  return (
    <section>
      <h4>{t('why.made')}</h4>
      <dl class="facts">
        <div>
          <dt>{t('why.model')}</dt>
          <dd>
            {model.name} <code title={model.sha256}>{model.sha256.slice(0, 12)}</code>
          </dd>
        </div>
        <div>
          <dt>{t('why.index')}</dt>
          <dd>
            {response.index.map((index) => `${titleOf(index.corpus)} ${index.version}`).join(' · ')}
          </dd>
        </div>
        <div>
          <dt>{t('why.tokens')}</dt>
          <dd>
            {t('why.tokens.value', {
              prompt: usage.prompt_tokens.toLocaleString(language),
              cached: usage.cached_tokens.toLocaleString(language),
              completion: usage.completion_tokens.toLocaleString(language),
            })}
          </dd>
        </div>
        <div>
          <dt>{t('why.timings')}</dt>
          <dd>
            <strong>{formatDuration(timings.total)}</strong>
            <span class="steps">
              {STEPS.filter((step) => timings[step] > 0).map((step) => (
                <span key={step}>
                  {t(`time.${step}`)} {formatDuration(timings[step])}
                </span>
              ))}
            </span>
          </dd>
        </div>
        <div>
          <dt>{t('why.id')}</dt>
          <dd>
            <code>{response.id}</code>
          </dd>
        </div>
      </dl>
    </section>
  );
}
