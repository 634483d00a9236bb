import { z } from 'zod';
import { KakehashiError } from '../errors.js';
import {
  type AnswerResponse,
  Decision,
  type FeedbackRequest,
  IndexRef,
  Language,
  Timings,
} from '../schemas.js';
import type { Database, Row } from './database.js';
import { parseJson, parseRow } from './record-row.js';

/** A citation by its place alone: the quoted text may be confidential, the place is not. */
const CitedPlace = z.strictObject({
  corpus: z.string(),
  document_id: z.string(),
  revision: z.string(),
  start: z.int(),
  end: z.int(),
  verified: z.boolean(),
});

const Details = z.strictObject({
  language: Language,
  decision: Decision,
  model: z.strictObject({ name: z.string(), sha256: z.string() }),
  index: z.array(IndexRef),
  citations: z.array(CitedPlace),
  usage: z.strictObject({
    prompt_tokens: z.int(),
    cached_tokens: z.int(),
    completion_tokens: z.int(),
  }),
  timings_ms: Timings,
});

/** Why and how one question was answered, for replay and audit. */
export const DecisionRecord = z.strictObject({
  id: z.string(),
  at: z.string(),
  principal: z.string(),
  conversationId: z.string(),
  outcome: z.enum(['answered', 'abstained']),
  details: Details,
  /** Null where the configuration keeps no text. */
  question: z.string().nullable(),
  answer: z.string().nullable(),
  feedback: z.strictObject({ helpful: z.boolean(), comment: z.string().nullable() }).nullable(),
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;

export type DecisionRecords = {
  /** Question and answer are kept only when `question` is given. */
  put(response: AnswerResponse, context: { principal: string; question: string | null }): void;
  get(id: string): DecisionRecord | null;
  /** Newest first. */
  list(options: {
    limit: number;
    before?: string | null;
    /** Only those that the reader called so. */
    helpful?: boolean | null;
  }): DecisionRecord[];
  /** Empties question and answer of those before `time`, and comments on them; returns how many. */
  removeTextsBefore(time: Date): number;
};

export type FeedbackRecords = {
  /** The last word on an answer counts. Errors: `request.invalid` for an unknown answer. */
  put(request: FeedbackRequest): void;
  /** Since `time`. */
  count(time: Date): { helpful: number; unhelpful: number };
};

const SELECT = `SELECT d.*, f.helpful AS helpful, f.comment AS comment
  FROM decisions AS d LEFT JOIN feedback AS f ON f.answer_id = d.id`;

export function decisionRecords(database: Database, now: () => Date): DecisionRecords {
  return {
    put(response, { principal, question }) {
      const details = Details.parse({
        language: response.language,
        decision: response.decision,
        model: response.model,
        index: response.index,
        citations: response.citations.map(
          ({ corpus, document_id, revision, start, end, verified }) => ({
            corpus,
            document_id,
            revision,
            start,
            end,
            verified,
          }),
        ),
        usage: response.usage,
        timings_ms: response.timings_ms,
      });
      const { arm, adapter, confidence } = response.decision;
      database.run(
        `INSERT INTO decisions (id, at, principal, conversation, outcome, arm, adapter, confidence,
         details, question, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          response.id,
          now().toISOString(),
          principal,
          response.conversation_id,
          response.outcome,
          arm,
          adapter?.name ?? null,
          confidence,
          JSON.stringify(details),
          question,
          question === null ? null : response.answer,
        ],
      );
    },
    get(id) {
      const row = database.get(`${SELECT} WHERE d.id = ?`, [id]);
      return row ? toRecord(row) : null;
    },
    list: ({ limit, before = null, helpful = null }) => {
      const wanted = helpful === null ? null : Number(helpful);
      return database
        .all(
          `${SELECT} WHERE (? IS NULL OR d.at < ?) AND (? IS NULL OR f.helpful = ?)
           ORDER BY d.at DESC, d.id LIMIT ?`,
          [before, before, wanted, wanted, limit],
        )
        .map(toRecord);
    },
    removeTextsBefore: (time) =>
      database.transaction(() => {
        const before = time.toISOString();
        database.run(
          `UPDATE feedback SET comment = NULL WHERE comment IS NOT NULL
           AND answer_id IN (SELECT id FROM decisions WHERE at < ?)`,
          [before],
        );
        return database.run(
          `UPDATE decisions SET question = NULL, answer = NULL
           WHERE at < ? AND (question IS NOT NULL OR answer IS NOT NULL)`,
          [before],
        ).changes;
      }),
  };
}

export function feedbackRecords(database: Database, now: () => Date): FeedbackRecords {
  return {
    put({ answer_id, helpful, comment }) {
      if (!database.get('SELECT 1 FROM decisions WHERE id = ?', [answer_id])) {
        throw new KakehashiError('request.invalid', 'There is no answer with this id.');
      }
      database.run(
        `INSERT INTO feedback (answer_id, at, helpful, comment) VALUES (?, ?, ?, ?)
         ON CONFLICT (answer_id) DO UPDATE
         SET at = excluded.at, helpful = excluded.helpful, comment = excluded.comment`,
        [answer_id, now().toISOString(), helpful ? 1 : 0, comment ?? null],
      );
    },
    count(time) {
      const row = database.get(
        `SELECT coalesce(sum(helpful), 0) AS helpful, coalesce(sum(1 - helpful), 0) AS unhelpful
         FROM feedback WHERE at >= ?`,
        [time.toISOString()],
      );
      return { helpful: Number(row?.['helpful']), unhelpful: Number(row?.['unhelpful']) };
    },
  };
}

function toRecord(row: Row): DecisionRecord {
  return parseRow(DecisionRecord, {
    id: row['id'],
    at: row['at'],
    principal: row['principal'],
    conversationId: row['conversation'],
    outcome: row['outcome'],
    details: parseJson(Details, row['details']),
    question: row['question'],
    answer: row['answer'],
    feedback:
      row['helpful'] === null
        ? null
        : { helpful: row['helpful'] === 1, comment: row['comment'] ?? null },
  });
}
