import { z } from 'zod';
import type { Database, Row } from './database.js';
import { parseRow } from './record-row.js';

/** One decision of a maintainer about an adapter. They are only ever added. */
export const AdapterEvent = z.strictObject({
  id: z.int(),
  at: z.string(),
  name: z.string(),
  action: z.enum(['promote', 'canary', 'rollback', 'disable']),
  /** The version meant by a promotion or a canary; null otherwise. */
  sha256: z.string().nullable(),
  /** Percent of conversations that a canary gets; null otherwise. */
  share: z.int().min(1).max(99).nullable(),
  /** Why, in the maintainer's words; always given when gates were overruled. */
  reason: z.string().nullable(),
  principal: z.string(),
});
export type AdapterEvent = z.infer<typeof AdapterEvent>;

export type AdapterRecords = {
  add(event: Omit<AdapterEvent, 'id' | 'at'>): AdapterEvent;
  /** Oldest first. */
  list(options?: { name?: string }): AdapterEvent[];
  /** Id of the newest event, 0 before the first: cheap enough to ask several times a second. */
  newest(): number;
};

export function adapterRecords(database: Database, now: () => Date): AdapterRecords {
  return {
    add(event) {
      const row = database.get(
        `INSERT INTO adapter_events (at, name, action, sha256, share, reason, principal)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *`,
        [
          now().toISOString(),
          event.name,
          event.action,
          event.sha256,
          event.share,
          event.reason,
          event.principal,
        ],
      );
      return toEvent(row ?? {});
    },
    list: ({ name } = {}) =>
      database
        .all('SELECT * FROM adapter_events WHERE (? IS NULL OR name = ?) ORDER BY id', [
          name ?? null,
          name ?? null,
        ])
        .map(toEvent),
    newest: () =>
      Number(database.get('SELECT MAX(id) AS newest FROM adapter_events', [])?.['newest'] ?? 0),
  };
}

function toEvent(row: Row): AdapterEvent {
  return parseRow(AdapterEvent, {
    id: row['id'],
    at: row['at'],
    name: row['name'],
    action: row['action'],
    sha256: row['sha256'],
    share: row['share'],
    reason: row['reason'],
    principal: row['principal'],
  });
}
