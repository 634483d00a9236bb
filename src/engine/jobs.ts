/** The work a child has in hand, by request id. */
import { abortError, fromPlainError, type KakehashiError } from '../errors.js';
import type { EngineChild } from './child-process.js';
import type { ChildMessage, Job } from './protocol.js';

/** Messages that end a job well. */
export type JobMessage = Extract<ChildMessage, { type: 'generated' | 'counted' | 'embedded' }>;
type Message = Extract<ChildMessage, { id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export type JobRequest = {
  job: WithoutId<Job>;
  signal: AbortSignal | undefined;
  /** Called with each message of the job before its last, in order. */
  onMessage?: (message: Message) => void;
};

type OpenJob = {
  adapter: string | null;
  child: EngineChild;
  onMessage: ((message: Message) => void) | undefined;
  /** Null once the caller has given up: the job stays until the child has let go of it. */
  settle: { resolve: (message: JobMessage) => void; reject: (error: unknown) => void } | null;
};

export type Jobs = {
  open(child: EngineChild, request: JobRequest): Promise<JobMessage>;
  /** Gives the job when the message ends it with something evaluated: the child serves. */
  receive(message: Message): { adapter: string | null } | null;
  failAll(error: KakehashiError): void;
  size(): number;
  /** The adapter that all jobs have in common, null when there is none or several. */
  onlyAdapter(): string | null;
};

export function createJobs(): Jobs {
  const open = new Map<number, OpenJob>();
  let lastId = 0;

  /** A caller's own fault ends that caller's job and nothing else. */
  function hand(job: OpenJob, message: Message): void {
    if (job.settle === null) return;
    try {
      job.onMessage?.(message);
    } catch (error) {
      const { reject } = job.settle;
      job.settle = null;
      job.child.send({ type: 'cancel', id: message.id });
      reject(error);
    }
  }

  return {
    size: () => open.size,
    onlyAdapter() {
      const adapters = new Set([...open.values()].map((job) => job.adapter));
      const [only] = adapters;
      return adapters.size === 1 && only !== undefined ? only : null;
    },
    open(child, request) {
      const { signal } = request;
      lastId += 1;
      const id = lastId;
      return new Promise<JobMessage>((resolve, reject) => {
        const entry: OpenJob = {
          adapter: request.job.type === 'generate' ? request.job.adapter : null,
          child,
          onMessage: request.onMessage,
          settle: null,
        };
        const giveUp = (): void => {
          entry.settle = null;
          child.send({ type: 'cancel', id });
          if (signal !== undefined) reject(abortError(signal));
        };
        entry.settle = {
          resolve: (message) => {
            signal?.removeEventListener('abort', giveUp);
            resolve(message);
          },
          reject: (error) => {
            signal?.removeEventListener('abort', giveUp);
            reject(error);
          },
        };
        open.set(id, entry);
        child.send({ ...request.job, id });
        if (signal?.aborted) giveUp();
        else signal?.addEventListener('abort', giveUp, { once: true });
      });
    },
    receive(message) {
      const job = open.get(message.id);
      if (job === undefined) return null;
      switch (message.type) {
        case 'generated':
        case 'counted':
        case 'embedded':
          open.delete(message.id);
          job.settle?.resolve(message);
          return message.type === 'counted' ? null : job;
        case 'failed':
          open.delete(message.id);
          job.settle?.reject(fromPlainError(message.error));
          return null;
        case 'prefilled':
        case 'progress':
        case 'text':
          hand(job, message);
          return null;
        default:
          message satisfies never;
          return null;
      }
    },
    failAll(error) {
      const all = [...open.values()];
      open.clear();
      for (const job of all) job.settle?.reject(error);
    },
  };
}
