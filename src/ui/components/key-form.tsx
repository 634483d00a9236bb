import { useRef } from 'preact/hooks';
import { usePage } from '../lib/page-context.js';
import { BridgeMark } from './bridge.js';

type KeyFormProps = { wasWrong: boolean; onKey: (key: string) => void };

/** Asks for an access key where the server wants one. */
export function KeyForm({ wasWrong, onKey }: KeyFormProps) {
  const { t } = usePage();
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        const key = field.current?.value.trim() ?? '';
        if (key !== '') onKey(key);
      }}
    >
      <BridgeMark />
      <h2>{t('key.title')}</h2>
      <p id="key-text">{t('key.text')}</p>
      <label for="key">{t('key.label')}</label>
      <input
        ref={field}
        id="key"
        type="password"
        autocomplete="off"
        aria-describedby="key-text"
        required
      />
      {wasWrong && (
        <p class="form-error" role="alert">
          {t('key.wrong')}
        </p>
      )}
      <button type="submit" class="button primary">
        {t('key.submit')}
      </button>
    </form>
  );
}
