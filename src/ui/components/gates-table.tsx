import type { AdapterResponse } from '../../schemas.js';
import { usePage } from '../lib/page-context.js';
import { gateWord } from '../lib/gates.js';

type Row = NonNullable<AdapterResponse['gates']>['rows'][number];

/** What an adapter was measured to do, beside the model alone. */
export function GatesTable({ rows }: { rows: readonly Row[] }) {
  const { t } = usePage();
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={t('passport.gates')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('passport.gate')}</th>
            <th scope="col">{t('passport.language')}</th>
            <th scope="col">{t('passport.cases')}</th>
            <th scope="col">{t('passport.alone')}</th>
            <th scope="col">{t('passport.with')}</th>
            <th scope="col">{t('passport.interval')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.gate} ${row.figure} ${row.language}`}>
              <th scope="row" title={row.limit ?? undefined}>
                {gateWord(row, t)}
                {!row.passed && <span class="chosen-badge">{t('passport.gate.failed')}</span>}
              </th>
              <td>{row.language === 'all' ? '–' : row.language}</td>
              <td class="number">{row.n}</td>
              <td class="number">{figure(row.base)}</td>
              <td class="number">{figure(row.candidate)}</td>
              <td class="number">
                {row.interval === null ? '–' : row.interval.map(figure).join(' … ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function figure(value: number | null): string {
  if (value === null) return '–';
  return Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(2);
}
