import type { Context } from 'hono';
import type { AnswerResponse } from '../schemas.js';
import type { AppEnv } from './env.js';

/** What the log keeps of an answer: ids, counts and the decision, no text. */
export function noteAnswer(c: Context<AppEnv>, response: AnswerResponse): void {
  Object.assign(c.get('facts'), {
    answer_id: response.id,
    outcome: response.outcome,
    decision: response.decision.arm,
    adapter: response.decision.adapter?.name ?? null,
    index_version: response.index.map((index) => `${index.corpus}@${index.version}`).join(','),
    tokens: response.usage.completion_tokens,
  });
}
