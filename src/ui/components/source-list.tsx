import type { Citation } from '../../schemas.js';
import { usePage } from '../lib/page-context.js';
import { groupSources, placeOfCitation, type Source } from '../lib/sources.js';
import { CheckIcon } from './icons.js';

export function SourceList({ citations }: { citations: readonly Citation[] }) {
  const { t } = usePage();
  if (citations.length === 0) return null;
  return (
    <section class="sources" aria-label={t('sources.title')}>
      <h3 class="small-title">{t('sources.title')}</h3>
      <ol>
        {groupSources(citations).map((source) => (
          <SourceItem key={source.marker} source={source} />
        ))}
      </ol>
    </section>
  );
}

function SourceItem({ source }: { source: Source }) {
  const { t } = usePage();
  const { title, section, page } = source;
  return (
    <li class="source">
      <span class="source-number" aria-hidden="true">
        {source.marker}
      </span>
      <div class="source-body">
        <p class="source-title">
          <span>{title}</span>
          {section !== '' && section !== title && <span class="source-section">{section}</span>}
          {page !== null && <span class="source-section">{t('sources.page', { page })}</span>}
        </p>
        {source.citations.map((citation) => (
          <Quote key={`${citation.start}:${citation.end}`} citation={citation} />
        ))}
      </div>
    </li>
  );
}

function Quote({ citation }: { citation: Citation }) {
  const { t, openPlace } = usePage();
  const { marker, title, verified } = citation;
  const state = verified ? 'verified' : 'unverified';
  return (
    <button
      type="button"
      class="quote"
      aria-label={`${t('sources.open', { marker, title })}: ${citation.quote} (${t(`sources.${state}`)})`}
      onClick={(event) => openPlace(placeOfCitation(citation), event.currentTarget)}
    >
      <span class="quote-text">{withoutBorders(citation.quote)}</span>
      <span class={`badge ${state}`} title={t(`sources.${state}.note`)}>
        {verified && <CheckIcon />}
        {t(`sources.${state}`)}
      </span>
    </button>
  );
}

/** A quoted table row reads better without its outer bars; the document shows it as a table. */
function withoutBorders(quote: string): string {
  return quote.replace(/^\|\s*|\s*\|$/gmu, '').replace(/\s*\|\s*/gu, ' ／ ');
}
