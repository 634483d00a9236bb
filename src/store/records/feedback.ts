import type { Database } from 'libsql';
import { KakehashiError } from '../../errors.js';
import type { FeedbackRequest } from '../../schemas.js';

export type Feedback = {
  /** One verdict per answer and caller, the last one counts. Errors: `request.invalid`. */
  put(request: FeedbackRequest, principal: string): void;
};

export function createFeedback(db: Database): Feedback {
  const known = db.prepare('SELECT 1 FROM decisions WHERE id = ? AND principal = ?');
  const put = db.prepare(
    `INSERT INTO feedback (answer_id, principal, at, helpful, comment) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, helpful = excluded.helpful,
       comment = excluded.comment`,
  );
  return {
    put({ answer_id, helpful, comment }, principal) {
      if (known.get(answer_id, principal) === undefined) {
        throw new KakehashiError('request.invalid', 'There is no answer of yours with this id.', {
          remedy: 'Send the id of the answer as it was given.',
        });
      }
      put.run(answer_id, principal, new Date().toISOString(), helpful ? 1 : 0, comment ?? null);
    },
  };
}
