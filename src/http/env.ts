import type { Logger } from 'pino';
import type { Answerer } from '../answer/answerer.js';
import type { Principal } from '../store/passage.js';
import type { ReadinessResponse } from '../schemas.js';
import type { HttpLimits } from './limits.js';

/** Readiness as the rooms below see it; the app adds the state of its own connections. */
export type Readiness = () => ReadinessResponse['checks'] | Promise<ReadinessResponse['checks']>;

export type Log = Pick<Logger, 'debug' | 'info' | 'error'>;

/** Everything the routes need; nothing is looked up elsewhere. */
export type HttpNeeds = {
  answerer: Answerer;
  readiness: Readiness;
  log: Log;
  /** Milliseconds. */
  now: () => number;
  /** A fresh UUID. */
  newId: () => string;
  /** Who asks; throws `auth.required`. */
  principalOf: (request: Request) => Principal | Promise<Principal>;
  limits: HttpLimits;
};

/** What a log line says beside route, status and time; never question or document text. */
export type LogFacts = Record<string, string | number | boolean | null>;

export type AppEnv = {
  /** Given by `listen`; absent when the app is called without a socket. */
  Bindings: {
    /** Fires when the time for draining has passed. */
    shutdown?: AbortSignal;
    draining?: () => boolean;
    /** Ends the connection without another byte. */
    cut?: () => void;
  };
  Variables: {
    requestId: string;
    principal: Principal;
    facts: LogFacts;
    /** Set by a stream, which writes its own line when it ends. */
    writeLog: (status: number) => void;
    isStreaming: boolean;
  };
};
