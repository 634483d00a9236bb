import { usePage } from '../lib/page-context.js';
import { BridgeMark } from './bridge.js';
import { PlusIcon } from './icons.js';

type PageHeaderProps = {
  hasTurns: boolean;
  onNew: () => void;
  onSwitchLanguage: () => void;
};

export function PageHeader({ hasTurns, onNew, onSwitchLanguage }: PageHeaderProps) {
  const { t, language } = usePage();
  return (
    <header class="page-header">
      <a class="skip-link" href="#question">
        {t('page.skip')}
      </a>
      <div class="brand">
        <BridgeMark />
        <h1 class="brand-name">Kakehashi</h1>
        <span class="brand-tagline">{t('page.tagline')}</span>
      </div>
      <div class="page-actions">
        {hasTurns && (
          <button type="button" class="button quiet" onClick={onNew}>
            <PlusIcon />
            <span class="wide-only">{t('page.new')}</span>
            <span class="visually-hidden narrow-only">{t('page.new')}</span>
          </button>
        )}
        <button
          type="button"
          class="button quiet"
          lang={language === 'ja' ? 'en' : 'ja'}
          aria-label={t('page.language.label')}
          onClick={onSwitchLanguage}
        >
          {t('page.language')}
        </button>
      </div>
    </header>
  );
}
