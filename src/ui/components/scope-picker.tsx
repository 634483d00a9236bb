import { usePage } from '../lib/page-context.js';

type ScopePickerProps = {
  /** Corpora to search; empty for all. */
  scope: readonly string[];
  onScope: (corpora: readonly string[]) => void;
};

/** Lets the reader narrow the search to one corpus, where there are several. */
export function ScopePicker({ scope, onScope }: ScopePickerProps) {
  const { t, about, language } = usePage();
  const corpora = about?.corpora ?? [];
  if (corpora.length < 2) return <span />;
  return (
    <label class="scope">
      <span class="visually-hidden">{t('ask.scope')}</span>
      <select
        value={scope[0] ?? ''}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onScope(value === '' ? [] : [value]);
        }}
      >
        <option value="">{t('ask.scope.all')}</option>
        {corpora.map((corpus) => (
          <option key={corpus.name} value={corpus.name}>
            {corpus.title[language]}
          </option>
        ))}
      </select>
    </label>
  );
}
