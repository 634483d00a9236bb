import { examplesFor } from '../lib/examples.js';
import { usePage } from '../lib/page-context.js';
import { BridgeScene } from './bridge.js';

type WelcomeProps = { disabled: boolean; onAsk: (question: string) => void };

export function Welcome({ disabled, onAsk }: WelcomeProps) {
  const { t, about, language } = usePage();
  const corpora = about?.corpora.map((corpus) => corpus.name) ?? [];
  const examples = about === null ? [] : examplesFor(corpora, language);
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <BridgeScene />
      <h2 id="welcome-title">{t('welcome.title')}</h2>
      <p>{t('welcome.text')}</p>
      {examples.length > 0 && (
        <>
          <h3 class="small-title">{t('welcome.examples')}</h3>
          <ul class="examples">
            {examples.map((example) => (
              <li key={example}>
                <button
                  type="button"
                  class="example"
                  disabled={disabled}
                  onClick={() => onAsk(example)}
                >
                  {example}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
