import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AnswerOptions } from '../../answer/answerer.js';
import { AnswerRequest, AnswerResponse } from '../../schemas.js';
import type { Admission } from '../admission.js';
import { openCallerSignal, orAbort } from '../caller-signal.js';
import type { AppEnv, HttpNeeds } from '../env.js';
import { identify } from '../middleware/principal.js';
import { jsonBody } from '../middleware/json-body.js';
import { problemResponses } from '../problem-responses.js';
import type { Replays } from '../replay.js';
import { streamAnswer } from '../stream-answer.js';
import { noteAnswer } from '../note-answer.js';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/u;

const STREAM =
  'With `stream: true`: server-sent events `decision`, `passages`, `delta` (any number of times), ' +
  '`citations`, then `done` with an AnswerResponse or `error` with a Problem. An error that is ' +
  'known before the first event is a plain problem response. Lines that begin with a colon are ' +
  'heartbeats.';

/** `POST /answer`: one JSON answer, or the same answer as a stream of events. */
export function addAnswerRoute(
  app: OpenAPIHono<AppEnv>,
  needs: HttpNeeds & { admission: Admission; replays: Replays },
): void {
  const route = createRoute({
    method: 'post',
    path: '/answer',
    summary: 'Answer a question from documents, an adapter, both, neither, or not at all',
    middleware: [identify(needs), jsonBody(needs.limits.bodyBytes)] as const,
    request: {
      headers: z.object({
        'idempotency-key': z
          .string()
          .regex(IDEMPOTENCY_KEY, { error: 'must be 1 to 200 visible ASCII characters' })
          .optional()
          .describe('The same key and body within 24 hours give the same answer.'),
      }),
      body: { required: true, content: { 'application/json': { schema: AnswerRequest } } },
    },
    responses: {
      200: {
        description: `The answer, or why there is none. ${STREAM}`,
        content: {
          'application/json': { schema: AnswerResponse },
          'text/event-stream': { schema: z.string() },
        },
      },
      ...problemResponses(400, 404, 409, 413, 415, 422, 500, 503, 504),
    },
  });

  app.openapi(route, async (c) => {
    const request = c.req.valid('json');
    const key = c.req.valid('header')['idempotency-key'];
    const principal = c.get('principal');
    const leave = needs.admission.enter();
    const caller = openCallerSignal({
      request: c.req.raw.signal,
      shutdown: c.env?.shutdown,
      timeoutMs: request.deadline_ms + needs.limits.deadlineGraceMs,
    });
    const release = () => {
      caller.release();
      leave();
    };
    const run = async (onEvent?: NonNullable<AnswerOptions['onEvent']>) => {
      const { signal } = caller;
      const work = () =>
        orAbort(
          needs.answerer.answer(request, principal, { signal, ...(onEvent ? { onEvent } : {}) }),
          signal,
        );
      if (key === undefined) return { response: await work(), isReplay: false };
      // Length first: no id can be mistaken for the beginning of a key.
      const scoped = `${principal.id.length}:${principal.id}:${key}`;
      return await needs.replays.once(scoped, request, work, signal);
    };

    if (request.stream) return await streamAnswer(c, needs, { run, caller, release });
    try {
      const { response, isReplay } = await run();
      noteAnswer(c, response);
      if (isReplay) c.header('Idempotency-Replayed', 'true');
      return c.json(response, 200);
    } finally {
      release();
    }
  });
}
