import type { AdapterResponse } from '../../schemas.js';
import { findWordKey, type Translate } from './i18n.js';

type Row = NonNullable<AdapterResponse['gates']>['rows'][number];

/** The name of a gate for readers; that of a newer server as it is. */
export function gateWord({ gate, limit }: Pick<Row, 'gate' | 'limit'>, t: Translate): string {
  // The own task is also measured the other way, of which nothing is asked.
  if (gate === 'own_task' && limit === null) return t('gate.other_way');
  const key = findWordKey(`gate.${gate}`);
  return key === null ? gate : t(key);
}
