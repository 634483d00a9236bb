import { useEffect, useRef, useState } from 'preact/hooks';
import type { DocumentResponse } from '../../schemas.js';
import { ApiError, type Failure } from '../lib/api.js';
import { usePage } from '../lib/page-context.js';
import type { Place } from '../lib/sources.js';
import { DocumentText } from './document-text.js';
import { CloseIcon } from './icons.js';
import { ProblemNotice } from './problem-notice.js';

/** Below this width the document covers the conversation; see styles/panel.css. */
const NARROW = '(max-width: 859px)';

type Loaded =
  | { kind: 'loading' }
  | { kind: 'failed'; failure: Failure }
  | { kind: 'open'; document: DocumentResponse };

type DocumentPanelProps = {
  place: Place;
  onClose: () => void;
  onOpen: (place: Place) => void;
};

/** A document beside the conversation; on a phone, over it. */
export function DocumentPanel({ place, onClose, onOpen }: DocumentPanelProps) {
  const { t, api } = usePage();
  const panel = useRef<HTMLDialogElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });

  useEffect(() => {
    const narrow = matchMedia(NARROW);
    const show = (): void => {
      const { current } = panel;
      if (current === null) return;
      if (current.open) current.close();
      if (narrow.matches) current.showModal();
      else current.show();
    };
    show();
    narrow.addEventListener('change', show);
    return () => narrow.removeEventListener('change', show);
  }, []);

  useEffect(() => {
    const controller = new AbortController();
    setLoaded({ kind: 'loading' });
    api.document(place, controller.signal).then(
      (document) => setLoaded({ kind: 'open', document }),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const failure =
          error instanceof ApiError ? error.failure : { code: 'internal', detail: '' };
        setLoaded({ kind: 'failed', failure });
      },
    );
    return () => controller.abort();
  }, [api, place, attempt]);

  const title = loaded.kind === 'open' ? loaded.document.title : place.title;
  return (
    <dialog
      ref={panel}
      class="document-panel"
      aria-label={`${t('document.panel')}: ${title}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onClose();
      }}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header class="panel-header">
        <h2>{title}</h2>
        <button
          type="button"
          class="icon-button"
          aria-label={t('document.close')}
          title={t('document.close')}
          onClick={onClose}
        >
          <CloseIcon />
        </button>
      </header>
      <div class="panel-body" tabIndex={0}>
        {loaded.kind === 'loading' && (
          <p class="progress" role="status">
            <span class="pulse" aria-hidden="true" />
            {t('document.loading')}
          </p>
        )}
        {loaded.kind === 'failed' && (
          <ProblemNotice
            failure={loaded.failure}
            retryLabel={t('document.retry')}
            onRetry={() => setAttempt(attempt + 1)}
          />
        )}
        {loaded.kind === 'open' && (
          <DocumentText document={loaded.document} place={place} onOpen={onOpen} />
        )}
      </div>
    </dialog>
  );
}
