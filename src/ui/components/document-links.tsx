import type { NearestDocument } from '../../schemas.js';
import { usePage } from '../lib/page-context.js';
import { placeOfNearest } from '../lib/sources.js';
import { DocumentIcon } from './icons.js';

type DocumentLinksProps = { title: string; documents: readonly NearestDocument[] };

/** Documents to open: what was found while the answer is made, what comes nearest when there is none. */
export function DocumentLinks({ title, documents }: DocumentLinksProps) {
  const { openPlace } = usePage();
  if (documents.length === 0) return null;
  return (
    <section class="nearest" aria-label={title}>
      <h3 class="small-title">{title}</h3>
      <ul>
        {documents.map((document) => (
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
