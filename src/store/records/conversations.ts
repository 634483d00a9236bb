import type { Database } from 'libsql';
import { KakehashiError } from '../../errors.js';
import type { Principal } from '../passage.js';

export type StoredTurn = { question: string; answer: string; answerId: string };

export type Conversations = {
  /** Errors: `conversation.not_found`, also for the conversation of another caller. */
  lastTurn(id: string, principal: Principal): StoredTurn | null;
  /** Appends a turn; the first one creates the conversation. Errors as above. */
  append(id: string, principal: Principal, turn: StoredTurn): void;
};

export function createConversations(db: Database): Conversations {
  const owner = db.prepare('SELECT principal FROM conversations WHERE id = ?');
  const start = db.prepare(
    'INSERT INTO conversations (id, principal, started_at) VALUES (?, ?, ?)',
  );
  const last = db.prepare(
    'SELECT question, answer, answer_id FROM turns WHERE conversation = ? ORDER BY number DESC LIMIT 1',
  );
  const add = db.prepare(
    `INSERT INTO turns (conversation, number, at, answer_id, question, answer)
     VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM turns WHERE conversation = ?), ?, ?, ?, ?)`,
  );

  /** Whether the conversation exists; another's is as if it were not there. */
  function isOwn(id: string, principal: Principal): boolean {
    const row = owner.get(id) as { principal: string } | undefined;
    if (row !== undefined && row.principal !== principal.id) throw notFound();
    return row !== undefined;
  }
  const append = db.transaction((id: string, principal: Principal, turn: StoredTurn) => {
    const at = new Date().toISOString();
    if (!isOwn(id, principal)) start.run(id, principal.id, at);
    add.run(id, id, at, turn.answerId, turn.question, turn.answer);
  });

  return {
    lastTurn(id, principal) {
      if (!isOwn(id, principal)) throw notFound();
      const row = last.get(id) as
        | { question: string; answer: string; answer_id: string }
        | undefined;
      if (row === undefined) return null;
      return { question: row.question, answer: row.answer, answerId: row.answer_id };
    },
    append: (id, principal, turn) => append.immediate(id, principal, turn),
  };
}

function notFound(): KakehashiError {
  return new KakehashiError('conversation.not_found', 'There is no such conversation.', {
    remedy: 'Leave conversation_id out to begin a new one.',
  });
}
