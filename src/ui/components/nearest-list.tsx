import type { NearestDocument } from '../../schemas.js';
import { usePage } from '../lib/page-context.js';
import { placeOfNearest } from '../lib/sources.js';
import { DocumentIcon } from './icons.js';

/** What comes nearest when there is no answer. */
export function NearestList({ nearest }: { nearest: readonly NearestDocument[] }) {
  const { t, openPlace } = usePage();
  if (nearest.length === 0) return null;
  return (
    <section class="nearest" aria-label={t('sources.nearest')}>
      <h3 class="small-title">{t('sources.nearest')}</h3>
      <ul>
        {nearest.map((document) => (
          <li key={`${document.corpus}/${document.document_id}`}>
            <button
              type="button"
              class="document-link"
              onClick={(event) => openPlace(placeOfNearest(document), event.currentTarget)}
            >
              <DocumentIcon />
              <span>
                <span class="document-link-title">{document.title}</span>
                {document.section !== '' && document.section !== document.title && (
                  <span class="source-section">{document.section}</span>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
