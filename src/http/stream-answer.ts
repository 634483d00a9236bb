import type { Context } from 'hono';
import type { AnswerEvent } from '../answer/answerer.js';
import type { AnswerResponse } from '../schemas.js';
import type { CallerSignal } from './caller-signal.js';
import type { AppEnv, HttpNeeds } from './env.js';
import { noteError, PUBLIC_ERRORS, toKakehashiError, toProblem } from './errors.js';
import { openEventStream } from './event-stream.js';
import { noteAnswer } from './note-answer.js';

export type AnswerRun = {
  run: (
    onEvent: (event: AnswerEvent) => void,
  ) => Promise<{ response: AnswerResponse; isReplay: boolean }>;
  caller: CallerSignal;
  /** Gives back the place and the signal of the request. */
  release: () => void;
};

/**
 * The answer as server-sent events, which end in `done` or `error`. The response begins with the
 * first event, so that an error known before it (no such corpus, too many questions) is an
 * ordinary problem with its own status; a quiet start begins with a heartbeat.
 */
export async function streamAnswer(
  c: Context<AppEnv>,
  { limits }: Pick<HttpNeeds, 'limits'>,
  { run, caller, release }: AnswerRun,
): Promise<Response> {
  const stream = openEventStream({
    heartbeatMs: limits.heartbeatMs,
    bufferBytes: limits.streamBufferBytes,
    cut: c.env?.cut,
    onGone(why) {
      c.get('facts')['stream'] = why;
      caller.cancel();
    },
  });
  let hasBegun = false;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = () => {
      hasBegun = true;
      resolve();
    };
  });
  const quietStart = setTimeout(() => begin(), limits.heartbeatMs);

  const work = run(({ event, data }) => {
    stream.send(event, data);
    begin();
  }).finally(() => {
    clearTimeout(quietStart);
    release();
  });

  const ended = work.then(
    ({ response, isReplay }) => {
      noteAnswer(c, response);
      if (isReplay) for (const { event, data } of eventsOf(response)) stream.send(event, data);
      stream.send('done', response);
      stream.end();
      finish(c, hasBegun, 200);
    },
    (thrown: unknown) => {
      if (!hasBegun) {
        stream.end();
        throw thrown;
      }
      const error = toKakehashiError(thrown);
      noteError(c, error);
      stream.send('error', toProblem(error, c.get('requestId')));
      stream.end();
      finish(c, hasBegun, PUBLIC_ERRORS[error.code].status);
    },
  );
  await Promise.race([begun, ended]);
  if (hasBegun) c.set('isStreaming', true);
  return c.body(stream.body, 200, {
    'Content-Type': 'text/event-stream',
    // nginx would hold the events back until the answer is complete.
    'X-Accel-Buffering': 'no',
  });
}

/** An answer that was over before the response began is logged like any other. */
function finish(c: Context<AppEnv>, hasBegun: boolean, status: number): void {
  if (hasBegun) c.get('writeLog')(status);
}

/** The events of an answer that was made earlier; its passages were not kept. */
function eventsOf(response: AnswerResponse): AnswerEvent[] {
  return [
    { event: 'decision', data: response.decision },
    { event: 'delta', data: { text: response.answer } },
    {
      event: 'citations',
      data: { citations: response.citations, uncited: response.uncited },
    },
  ];
}
