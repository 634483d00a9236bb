import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Composer } from './components/composer.js';
import { DocumentPanel } from './components/document-panel.js';
import { KeyForm } from './components/key-form.js';
import { PageHeader } from './components/page-header.js';
import { ServiceNotice } from './components/service-notice.js';
import { Thread } from './components/thread.js';
import { Welcome } from './components/welcome.js';
import type { Api } from './lib/api.js';
import { createTranslate } from './lib/i18n.js';
import { type Page, PageContext } from './lib/page-context.js';
import type { Place } from './lib/sources.js';
import type { KeyStore, LanguageStore } from './lib/storage.js';
import { useConversation } from './lib/use-conversation.js';
import { useService } from './lib/use-service.js';

type AppProps = { api: Api; keys: KeyStore; languages: LanguageStore };

export function App({ api, keys, languages }: AppProps) {
  const [language, setLanguage] = useState(languages.read);
  const [attempt, setAttempt] = useState(0);
  const [draft, setDraft] = useState('');
  const [scope, setScope] = useState<readonly string[]>([]);
  const [place, setPlace] = useState<Place | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const { state, about } = useService(api, attempt);
  const talk = useConversation(api);
  const { turns } = talk.conversation;
  const disabled = state !== 'ready';

  const page = useMemo<Page>(
    () => ({
      api,
      language,
      about,
      t: createTranslate(language),
      openPlace(next, from) {
        opener.current = from;
        setPlace(next);
      },
    }),
    [api, language, about],
  );

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = page.t('page.title');
  }, [language, page]);

  // Only once the panel is gone: while it covers the page, nothing behind it takes the focus.
  useEffect(() => {
    if (place !== null) return;
    opener.current?.focus();
    opener.current = null;
  }, [place]);

  function ask(question: string): void {
    talk.ask(question.trim(), scope);
    setDraft('');
  }

  return (
    <PageContext.Provider value={page}>
      <div class={place === null ? 'page' : 'page with-panel'}>
        <PageHeader
          hasTurns={turns.length > 0}
          onNew={() => {
            talk.reset();
            opener.current = null;
            setPlace(null);
            document.querySelector<HTMLElement>('#question')?.focus();
          }}
          onSwitchLanguage={() => {
            const next = language === 'ja' ? 'en' : 'ja';
            languages.write(next);
            setLanguage(next);
          }}
        />
        <main class="talk" aria-label={page.t('page.conversation')}>
          {state === 'locked' ? (
            <KeyForm
              wasWrong={keys.read() !== null}
              onKey={(key) => {
                keys.write(key);
                setAttempt(attempt + 1);
              }}
            />
          ) : (
            <>
              {turns.length === 0 ? (
                <Welcome disabled={disabled} onAsk={ask} />
              ) : (
                <Thread turns={turns} answering={talk.answering} onRetry={talk.retry} />
              )}
              <div class="dock">
                <ServiceNotice state={state} />
                <Composer
                  draft={draft}
                  onDraft={setDraft}
                  scope={scope}
                  onScope={setScope}
                  answering={talk.answering}
                  disabled={disabled}
                  onSend={() => ask(draft)}
                  onStop={talk.stop}
                />
              </div>
            </>
          )}
        </main>
        {place !== null && (
          <DocumentPanel place={place} onClose={() => setPlace(null)} onOpen={setPlace} />
        )}
      </div>
    </PageContext.Provider>
  );
}
