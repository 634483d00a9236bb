import { KakehashiError } from '../errors.js';
import type { Database, Row } from './database.js';
import type { Principal } from './passage.js';

export type StoredTurn = { question: string; answer: string; answerId: string; at: string };

/**
 * Conversations belong to who began them; to anyone else they are not there. Errors:
 * `conversation.not_found`.
 */
export type ConversationRecords = {
  /** The newest turn, or null when there is none yet. */
  lastTurn(id: string, principal: Pick<Principal, 'id'>): StoredTurn | null;
  /** Begins the conversation when `id` is new. */
  append(
    id: string,
    principal: Pick<Principal, 'id'>,
    turn: { question: string; answer: string; answerId: string },
  ): void;
  /** Removes those without a turn since then; returns how many. */
  removeUnchangedSince(time: Date): number;
};

export function conversationRecords(database: Database, now: () => Date): ConversationRecords {
  function requireOwn(id: string, principal: Pick<Principal, 'id'>): void {
    const row = database.get('SELECT principal FROM conversations WHERE id = ?', [id]);
    if (row?.['principal'] !== principal.id) throw notFound();
  }

  return {
    lastTurn(id, principal) {
      requireOwn(id, principal);
      const row = database.get(
        'SELECT * FROM turns WHERE conversation = ? ORDER BY position DESC LIMIT 1',
        [id],
      );
      return row ? toTurn(row) : null;
    },
    append: (id, principal, { question, answer, answerId }) =>
      database.transaction(() => {
        const at = now().toISOString();
        database.run(
          `INSERT INTO conversations (id, principal, created, changed) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET changed = excluded.changed`,
          [id, principal.id, at, at],
        );
        requireOwn(id, principal);
        database.run(
          `INSERT INTO turns (conversation, position, question, answer, answer_id, at)
           SELECT ?, coalesce(max(position) + 1, 0), ?, ?, ?, ? FROM turns WHERE conversation = ?`,
          [id, question, answer, answerId, at, id],
        );
      }),
    removeUnchangedSince: (time) =>
      database.run('DELETE FROM conversations WHERE changed < ?', [time.toISOString()]).changes,
  };
}

function toTurn(row: Row): StoredTurn {
  return {
    question: String(row['question']),
    answer: String(row['answer']),
    answerId: String(row['answer_id']),
    at: String(row['at']),
  };
}

function notFound(): KakehashiError {
  return new KakehashiError('conversation.not_found', 'There is no such conversation.', {
    remedy: 'Ask without conversation_id to begin a new one.',
  });
}
