import type { Database } from 'libsql';
import type { AnswerResponse } from '../../schemas.js';

/** What was decided and on which evidence, for replay and audit. */
export type Decisions = {
  /** `text` holds question and answer where the configuration allows them to be kept. */
  put(
    response: AnswerResponse,
    asker: { principal: string; text: { question: string; answer: string } | null },
  ): void;
  count(): number;
};

export function createDecisions(db: Database): Decisions {
  const insert = db.prepare(
    `INSERT INTO decisions (id, at, principal, outcome, arm, adapter, language, confidence, evidence,
       considered, versions, usage, timings, question, answer)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const count = db.prepare('SELECT count(*) AS n FROM decisions');
  return {
    put(response, { principal, text }) {
      const { decision } = response;
      insert.run(
        response.id,
        new Date().toISOString(),
        principal,
        response.outcome,
        decision.arm,
        decision.adapter?.name ?? null,
        response.language,
        decision.confidence,
        JSON.stringify(decision.evidence),
        JSON.stringify(decision.considered),
        JSON.stringify({
          model: response.model,
          adapter: decision.adapter,
          index: response.index,
        }),
        JSON.stringify(response.usage),
        JSON.stringify(response.timings_ms),
        text?.question ?? null,
        text?.answer ?? null,
      );
    },
    count: () => (count.get() as { n: number }).n,
  };
}
