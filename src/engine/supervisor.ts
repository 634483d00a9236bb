/**
 * Keeps one engine child alive and its work accounted for: a child that dies or stands still fails
 * what it was doing at once and is started again; new work waits for it.
 */
import { abortError, fromPlainError, type KakehashiError } from '../errors.js';
import { type ChildExit, type EngineChild, startChild } from './child-process.js';
import type { EngineState } from './engine.js';
import { closedError, crashedError, unavailableError, waitingFullError } from './engine-errors.js';
import { createJobs, type JobMessage, type JobRequest } from './jobs.js';
import type { ChatConfig, ChildMessage, EmbedConfig } from './protocol.js';
import {
  type Crash,
  decideRestart,
  type RestartPolicy,
  withoutForgiven,
} from './restart-policy.js';
import { createStallWatch, readCpuMs } from './stall-watch.js';
import { createWaiters } from './waiters.js';

export type EngineLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  detail?: Readonly<Record<string, string | number | boolean>>,
) => void;

export type SupervisorOptions = {
  workerFile: string;
  env: Readonly<Record<string, string>>;
  threadPoolSize: number;
  /** Configuration of the next child; `quarantined` adapters must be left out. */
  configure: (start: {
    first: boolean;
    quarantined: ReadonlySet<string>;
  }) => ChatConfig | EmbedConfig;
  /** Requests that may wait for a restart. */
  queueLimit: number;
  stallLimitMs: number;
  /** Longest time without a step of loading. */
  loadLimitMs: number;
  closeLimitMs: number;
  restart: RestartPolicy;
  log: EngineLog;
};

export type ReadyInfo = Extract<ChildMessage, { type: 'ready' }>['info'];

export type Supervisor = {
  state(): EngineState;
  pid(): number | null;
  quarantined(): ReadonlySet<string>;
  /** What the present child said when it was ready; null before and after. */
  info(): ReadyInfo | null;
  ready(signal: AbortSignal | undefined): Promise<ReadyInfo>;
  /** Hands a job to the child, waiting for a restart when one is under way. */
  call(request: JobRequest): Promise<JobMessage>;
  /** Says 'continue' or 'stop' to a job that waits for it. */
  resume(id: number, goesOn: boolean): void;
  close(): Promise<void>;
};

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { log } = options;
  const quarantined = new Set<string>();
  const jobs = createJobs();
  const waiters = createWaiters<EngineChild>();
  let state: EngineState = 'loading';
  let child: EngineChild | null = null;
  let info: ReadyInfo | null = null;
  /** Why nothing is served, while that is so. */
  let refusal: KakehashiError | null = null;
  let loadError: KakehashiError | null = null;
  let loadingAdapter: string | null = null;
  let crashes: Crash[] = [];
  let started = 0;
  let restartTimer: NodeJS.Timeout | null = null;
  let onClosed: (() => void) | null = null;

  function start(): void {
    restartTimer = null;
    const config = options.configure({ first: started === 0, quarantined });
    started += 1;
    loadError = null;
    loadingAdapter = null;
    watch.moved();
    const mine: EngineChild = startChild({
      workerFile: options.workerFile,
      config,
      threadPoolSize: options.threadPoolSize,
      env: options.env,
      onMessage: (message) => {
        if (child === mine) receive(message);
      },
      onExit: (exit) => {
        if (child === mine) lost(exit);
      },
    });
    child = mine;
  }

  function receive(message: ChildMessage): void {
    if (message.type !== 'log') watch.moved();
    switch (message.type) {
      case 'loading':
        loadingAdapter = message.adapter;
        return;
      case 'ready':
        info = message.info;
        loadingAdapter = null;
        refusal = null;
        state = 'ready';
        log('info', 'engine ready', { role: message.info.role, starts: started });
        for (const { adapter, error } of message.info.role === 'chat'
          ? message.info.rejected
          : []) {
          log('error', error.message, { code: error.code, adapter });
        }
        if (child !== null) waiters.resolveAll(child);
        return;
      case 'load_failed':
        loadError = fromPlainError(message.error);
        if (message.retry) child?.kill();
        else fail(loadError);
        return;
      case 'log':
        log(message.level, message.message);
        return;
      case 'counted':
      case 'embedded':
      case 'failed':
      case 'generated':
      case 'prefilled':
      case 'progress':
      case 'text': {
        const done = jobs.receive(message);
        if (done !== null) crashes = withoutForgiven(crashes, done.adapter);
      }
    }
  }

  function refuse(error: KakehashiError): void {
    refusal = error;
    waiters.rejectAll(error);
  }

  /** No further try can help: a wrong file, no binary. */
  function fail(error: KakehashiError): void {
    state = 'failed';
    const dead = child;
    child = null;
    dead?.kill();
    log('error', error.message, { code: error.code });
    refuse(error);
  }

  function lost(exit: ChildExit): void {
    child = null;
    info = null;
    if (state === 'closed') {
      onClosed?.();
      return;
    }
    const adapter = loadingAdapter ?? jobs.onlyAdapter();
    state = started === 1 && state === 'loading' ? 'loading' : 'restarting';
    const timeMs = performance.now();
    crashes = [...crashes, { timeMs, adapter }].filter(
      (crash) => timeMs - crash.timeMs < options.restart.windowMs,
    );
    const decision = decideRestart(crashes, options.restart);
    log('error', 'engine process lost', {
      reason: exit.reason,
      jobs: jobs.size(),
      crashes: crashes.length,
      ...(adapter === null ? {} : { adapter }),
      ...(exit.stderr === '' ? {} : { stderr: exit.stderr }),
    });
    jobs.failAll(crashedError(exit.reason, adapter));
    let { delayMs } = decision;
    if (decision.breakerOpen) {
      if (adapter !== null && crashes.every((crash) => crash.adapter === adapter)) {
        // It died with this adapter every time: the others are worth more than another try.
        quarantined.add(adapter);
        crashes = [];
        delayMs = options.restart.firstDelayMs;
        log('error', 'adapter quarantined', { adapter });
      } else {
        refuse(unavailableError({ reason: loadError?.message ?? exit.reason, adapter, delayMs }));
      }
    }
    restartTimer = setTimeout(start, delayMs);
  }

  const watch = createStallWatch({
    limitMs() {
      if (child === null) return null;
      if (info === null) return options.loadLimitMs;
      return jobs.size() === 0 ? null : options.stallLimitMs;
    },
    lookEveryMs: Math.min(500, Math.max(20, options.stallLimitMs / 10)),
    cpuMs: () => (typeof child?.pid === 'number' ? readCpuMs(child.pid) : null),
    onStall() {
      const dead = child;
      lost({ reason: 'no progress', stderr: '' });
      dead?.kill();
    },
  });

  function untilReady(signal: AbortSignal | undefined, bounded: boolean): Promise<EngineChild> {
    if (signal?.aborted) return Promise.reject(abortError(signal));
    if (refusal !== null) return Promise.reject(refusal);
    if (child !== null && info !== null) return Promise.resolve(child);
    if (bounded && waiters.size() >= options.queueLimit) {
      return Promise.reject(waitingFullError(waiters.size(), options.queueLimit));
    }
    return waiters.wait(signal);
  }

  start();
  return {
    state: () => state,
    pid: () => child?.pid ?? null,
    quarantined: () => quarantined,
    info: () => info,
    async ready(signal) {
      await untilReady(signal, false);
      if (info === null) throw unavailableError({ reason: 'lost', adapter: null, delayMs: 0 });
      return info;
    },
    async call(request) {
      const ready = await untilReady(request.signal, true);
      if (jobs.size() === 0) watch.moved();
      return jobs.open(ready, request);
    },
    resume: (id, goesOn) => child?.send({ type: goesOn ? 'continue' : 'stop', id }),
    async close() {
      if (state === 'closed') return;
      state = 'closed';
      watch.end();
      if (restartTimer !== null) clearTimeout(restartTimer);
      refuse(closedError());
      jobs.failAll(closedError());
      const ending = child;
      if (ending === null) return;
      const ended = new Promise<void>((resolve) => {
        onClosed = resolve;
      });
      const killTimer = setTimeout(() => ending.kill(), options.closeLimitMs);
      ending.send({ type: 'close' });
      await ended;
      clearTimeout(killTimer);
    },
  };
}
