import type { Decision } from '../../schemas.js';
import { usePage } from '../lib/page-context.js';
import { ShareBar } from './share-bar.js';

/** The ways of answering that were weighed, best first. */
export function ArmsTable({ decision }: { decision: Decision }) {
  const { t } = usePage();
  const chosen = decision.considered.findIndex(
    ({ arm, adapter }) =>
      arm === decision.arm && (adapter === null || adapter === decision.adapter?.name),
  );
  return (
    <section>
      <h4>{t('why.considered')}</h4>
      <div class="table-frame" tabIndex={0} role="region" aria-label={t('why.considered')}>
        <table class="arms">
          <thead>
            <tr>
              <th scope="col">{t('why.arm')}</th>
              <th scope="col">{t('why.good')}</th>
              <th scope="col">{t('why.cost')}</th>
              <th scope="col">{t('why.value')}</th>
            </tr>
          </thead>
          <tbody>
            {decision.considered.map(({ arm, adapter, p_good, cost, value }, index) => (
              <tr key={`${arm}:${adapter}`} class={index === chosen ? 'chosen' : undefined}>
                <th scope="row">
                  {t(`arm.short.${arm}`)}
                  {adapter !== null && <span class="arm-adapter">{adapter}</span>}
                  {index === chosen && <span class="chosen-badge">{t('why.chosen')}</span>}
                </th>
                <td>
                  <ShareBar share={p_good} strong={index === chosen} />
                  <span class="number">{p_good.toFixed(2)}</span>
                </td>
                <td>
                  <ShareBar share={cost} />
                  <span class="number">{cost.toFixed(2)}</span>
                </td>
                <td class="number">{value.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
