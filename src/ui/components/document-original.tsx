import { useEffect, useState } from 'preact/hooks';
import type { DocumentResponse } from '../../schemas.js';
import { ApiError, type Failure } from '../lib/api.js';
import { usePage } from '../lib/page-context.js';
import { ProblemNotice } from './problem-notice.js';

type DocumentOriginalProps = {
  document: Pick<DocumentResponse, 'corpus' | 'id' | 'revision' | 'title'>;
  original: NonNullable<DocumentResponse['original']>;
  /** Page to show, from 1. */
  page: number | null;
};

/**
 * The file that a document was read from: a PDF opens here at the page of the citation, where the
 * browser can show it; anything else is saved. It is fetched like every other answer, with the reader's
 * key, and lives as long as it is looked at.
 */
export function DocumentOriginal({ document, original, page }: DocumentOriginalProps) {
  const { t, api } = usePage();
  const [isWanted, setWanted] = useState(false);
  const [address, setAddress] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const { corpus, id, revision } = document;
  const isShown = original.media_type === 'application/pdf' && navigator.pdfViewerEnabled;

  useEffect(() => {
    setWanted(false);
    setFailure(null);
  }, [corpus, id, revision]);

  useEffect(() => {
    if (!isWanted) return undefined;
    const controller = new AbortController();
    let made: string | null = null;
    setFailure(null);
    api.original({ corpus, id, revision }, controller.signal).then(
      (file) => {
        made = URL.createObjectURL(file);
        if (isShown) setAddress(made);
        else save(made, original.name);
        if (!isShown) setWanted(false);
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setWanted(false);
        setFailure(error instanceof ApiError ? error.failure : { code: 'internal', detail: '' });
      },
    );
    return () => {
      controller.abort();
      setAddress(null);
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [api, corpus, id, revision, isWanted, isShown, original.name]);

  const label = !isShown
    ? t('document.file_save', { name: original.name })
    : isWanted
      ? t('document.file_hide')
      : page === null
        ? t('document.file_show')
        : t('document.file_page', { page: String(page) });
  return (
    <div class="document-original">
      <button type="button" class="button" onClick={() => setWanted(!isWanted)}>
        {label}
      </button>
      {failure !== null && (
        <ProblemNotice
          failure={failure}
          retryLabel={t('document.retry')}
          onRetry={() => setWanted(true)}
        />
      )}
      {isWanted && failure === null && address === null && (
        <p class="progress" role="status">
          <span class="pulse" aria-hidden="true" />
          {t('document.file_loading')}
        </p>
      )}
      {address !== null && (
        <iframe
          class="document-file"
          title={document.title}
          src={page === null ? address : `${address}#page=${page}`}
        />
      )}
    </div>
  );
}

function save(address: string, name: string): void {
  const link = window.document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
