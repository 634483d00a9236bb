import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { DocumentResponse } from '../../schemas.js';
import { layOutDocument, locateQuote } from '../lib/document-blocks.js';
import { formatDate } from '../lib/format.js';
import { usePage } from '../lib/page-context.js';
import type { Place } from '../lib/sources.js';
import { DocumentBlockView } from './document-block.js';
import { DocumentOriginal } from './document-original.js';

type DocumentTextProps = {
  document: DocumentResponse;
  place: Place;
  onOpen: (place: Place) => void;
};

/** The document for reading, the quoted words marked and in view. */
export function DocumentText({ document, place, onOpen }: DocumentTextProps) {
  const { t, language, about } = usePage();
  const body = useRef<HTMLDivElement>(null);
  const span = useMemo(() => locateQuote(document.text, place, place.quote), [document, place]);
  const blocks = useMemo(() => layOutDocument(document.text, span), [document, span]);
  const corpus = about?.corpora.find(({ name }) => name === document.corpus);
  const newer = document.superseded_by;

  useEffect(() => {
    body.current?.querySelector('mark')?.scrollIntoView({ block: 'center' });
  }, [blocks]);

  return (
    <>
      <p class="document-facts">
        <span>{corpus?.title[language] ?? document.corpus}</span>
        {document.updated !== null && (
          <span>{t('document.updated', { date: formatDate(document.updated, language) })}</span>
        )}
        {document.url !== null && /^https?:\/\//u.test(document.url) && (
          <a href={document.url} target="_blank" rel="noopener noreferrer">
            {t('document.original')}
          </a>
        )}
      </p>
      {newer !== null && (
        <div class="notice warn">
          <p>
            <strong>{t('document.superseded')}</strong>
            <button
              type="button"
              class="button"
              onClick={() =>
                onOpen({
                  corpus: document.corpus,
                  id: newer,
                  revision: null,
                  title: newer,
                  page: null,
                  start: 0,
                  end: 0,
                  quote: '',
                })
              }
            >
              {t('document.newer')}
            </button>
          </p>
        </div>
      )}
      {document.original !== null && (
        <DocumentOriginal document={document} original={document.original} page={place.page} />
      )}
      {span === null && place.quote !== '' && <p class="notice">{t('document.gone')}</p>}
      <div class="document-text" lang={document.language} ref={body}>
        {blocks.map((block, index) => (
          <DocumentBlockView key={index} block={block} text={document.text} />
        ))}
      </div>
    </>
  );
}
