import type { AnswerResponse } from '../../schemas.js';
import { formatShare } from '../lib/format.js';
import { usePage } from '../lib/page-context.js';
import { AdapterPassport } from './adapter-passport.js';
import { ArmsTable } from './arms-table.js';
import { EvidenceList } from './evidence-list.js';
import { MakingOf } from './making-of.js';

/** Why it answered as it did: every number here comes with the answer. */
export function WhyPanel({ response }: { response: AnswerResponse }) {
  const { t, language } = usePage();
  const { decision } = response;
  return (
    <details class="why">
      <summary>{t('why.title')}</summary>
      <div class="why-body">
        <section>
          <h4>{t('why.arm')}</h4>
          <p>{t(`arm.${decision.arm}.plain`)}</p>
          <div lang={response.language}>
            {decision.reasons.map((reason) => (
              <p key={reason}>{reason}</p>
            ))}
          </div>
          <p class="confidence">
            {t('why.confidence', { share: formatShare(decision.confidence, language) })}
          </p>
        </section>
        {decision.adapter !== null && <AdapterPassport adapter={decision.adapter} />}
        <ArmsTable decision={decision} />
        <EvidenceList evidence={decision.evidence} />
        <MakingOf response={response} />
      </div>
    </details>
  );
}
