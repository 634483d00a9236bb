import { Problem } from '../schemas.js';

const MEANING = {
  400: 'The request is not valid.',
  404: 'No such thing, or not for this caller.',
  409: 'The Idempotency-Key was used for another request.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The question is too long for the model.',
  500: 'An unexpected error.',
  503: 'Busy, starting or stopping; see Retry-After.',
  504: 'The time limit has passed.',
} as const;

/** The problems of a route, for `/openapi.json`. */
export function problemResponses(...statuses: (keyof typeof MEANING)[]) {
  const content = { 'application/problem+json': { schema: Problem } };
  return Object.fromEntries(
    statuses.map((status) => [status, { description: MEANING[status], content }]),
  );
}
