export type HttpLimits = {
  bodyBytes: number;
  /** Bytes of one event stream that may wait for its reader. */
  streamBufferBytes: number;
  heartbeatMs: number;
  /** Questions and searches in work or waiting; more are refused with `engine.busy`. */
  concurrentRequests: number;
  /** Answers kept for `Idempotency-Key`. */
  replayEntries: number;
  replayBytes: number;
  replayMs: number;
  /** Over a request's own `deadline_ms`, before the answer is ended from here. */
  deadlineGraceMs: number;
};

export const DEFAULT_LIMITS: HttpLimits = {
  // A question of 4000 characters is 24 KB when each is escaped as \uXXXX.
  bodyBytes: 64 * 1024,
  streamBufferBytes: 256 * 1024,
  // Proxies commonly cut a silent connection after 30 or 60 s.
  heartbeatMs: 15_000,
  concurrentRequests: 256,
  replayEntries: 1000,
  replayBytes: 32 * 1024 * 1024,
  replayMs: 24 * 60 * 60 * 1000,
  deadlineGraceMs: 400,
};
