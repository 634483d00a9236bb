import type { Decision } from '../../schemas.js';
import { describeEvidence } from '../lib/evidence.js';
import { usePage } from '../lib/page-context.js';
import { ShareBar } from './share-bar.js';

export function EvidenceList({ evidence }: Pick<Decision, 'evidence'>) {
  const { t } = usePage();
  return (
    <section>
      <h4>{t('why.evidence')}</h4>
      <dl class="evidence">
        {describeEvidence(evidence, t).map(({ name, value, share }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {share !== null && <ShareBar share={share} />}
              <span class={share === null ? undefined : 'number'}>{value}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
