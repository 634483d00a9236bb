import type { AdapterResponse } from '../../schemas.js';
import type { Translate } from './i18n.js';

type Row = NonNullable<AdapterResponse['gates']>['rows'][number];

const KNOWN = [
  'own_task',
  'retrieval',
  'abstention',
  'citations',
  'forgetting',
  'overfitting',
  'leakage',
  'bias',
  'injection',
  'speed',
] as const;

/** The name of a gate for readers; that of a newer server as it is. */
export function gateWord({ gate, limit }: Pick<Row, 'gate' | 'limit'>, t: Translate): string {
  // The own task is also measured the other way, of which nothing is asked.
  if (gate === 'own_task' && limit === null) return t('gate.other_way');
  const known = KNOWN.find((name) => name === gate);
  return known === undefined ? gate : t(`gate.${known}`);
}
