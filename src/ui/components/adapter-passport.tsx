import { useEffect, useState } from 'preact/hooks';
import type { AdapterRef, AdapterResponse } from '../../schemas.js';
import { ApiError, type Failure } from '../lib/api.js';
import { formatDate } from '../lib/format.js';
import { usePage } from '../lib/page-context.js';
import { GatesTable } from './gates-table.js';
import { ProblemNotice } from './problem-notice.js';

/** What the adapter of an answer is, learned from and was measured to do; fetched when opened. */
export function AdapterPassport({ adapter }: { adapter: AdapterRef }) {
  const { t, api } = usePage();
  const [isOpen, setOpen] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [passport, setPassport] = useState<AdapterResponse | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);

  useEffect(() => {
    if (!isOpen || passport !== null) return undefined;
    const controller = new AbortController();
    setFailure(null);
    api.adapter(adapter.name, controller.signal).then(setPassport, (error: unknown) => {
      if (controller.signal.aborted) return;
      setFailure(error instanceof ApiError ? error.failure : { code: 'internal', detail: '' });
    });
    return () => controller.abort();
  }, [api, adapter.name, isOpen, passport, attempt]);

  return (
    <section>
      <h4>{t('why.adapter')}</h4>
      <details class="passport" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          {t('why.adapter.version', { name: adapter.name, version: adapter.version })}
        </summary>
        {failure !== null && (
          <ProblemNotice
            failure={failure}
            retryLabel={t('document.retry')}
            onRetry={() => setAttempt(attempt + 1)}
          />
        )}
        {passport !== null && <Passport passport={passport} answered={adapter} />}
      </details>
    </section>
  );
}

function Passport({ passport, answered }: { passport: AdapterResponse; answered: AdapterRef }) {
  const { t, language } = usePage();
  const examples = Object.values(passport.examples).reduce((sum, count) => sum + count, 0);
  return (
    <>
      {passport.sha256 !== answered.sha256 && (
        <p class="note">{t('passport.newer', { version: passport.version })}</p>
      )}
      <p>{passport.description[language]}</p>
      <dl class="facts">
        <div>
          <dt>{t('passport.base')}</dt>
          <dd>{passport.base.name}</dd>
        </div>
        <div>
          <dt>{t('passport.file')}</dt>
          <dd>
            <code title={passport.sha256}>{passport.sha256.slice(0, 12)}</code> {passport.licence}
          </dd>
        </div>
        <div>
          <dt>{t('passport.examples')}</dt>
          <dd>{examples === 0 ? t('passport.unknown') : examples.toLocaleString(language)}</dd>
        </div>
        <div>
          <dt>{t('passport.documents')}</dt>
          <dd>
            {passport.documents.length === 0
              ? t('passport.documents.none')
              : passport.documents.map(({ corpus, id }) => `${corpus}/${id}`).join(', ')}
          </dd>
        </div>
        <div>
          <dt>{t('passport.gates')}</dt>
          <dd>
            {passport.gates === null
              ? t('passport.gates.none')
              : t(passport.gates.passed ? 'passport.passed' : 'passport.failed', {
                  date: formatDate(passport.gates.at, language),
                })}
          </dd>
        </div>
      </dl>
      {passport.gates !== null && <GatesTable rows={passport.gates.rows} />}
    </>
  );
}
