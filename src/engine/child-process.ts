/** One run of the engine's child process: start, parsed messages, end. */
import { fork } from 'node:child_process';
import { type ChatConfig, ChildMessage, type EmbedConfig, PROTOCOL_VERSION } from './protocol.js';
import type { ParentMessage } from './protocol.js';

/** Kept of what a dying native library prints: assertions, no user text. */
const STDERR_KEPT = 2000;

export type ChildExit = { reason: string; stderr: string };

export type StartChildOptions = {
  /** Compiled `worker.js`. */
  workerFile: string;
  config: ChatConfig | EmbedConfig;
  /** Native work runs on this pool: one thread per context and some for files. */
  threadPoolSize: number;
  /** The child's environment; nothing else of the parent's reaches it. */
  env: Readonly<Record<string, string>>;
  onMessage: (message: ChildMessage) => void;
  /** Called once, however it ended. */
  onExit: (exit: ChildExit) => void;
};

export type EngineChild = {
  pid: number | null;
  send(message: ParentMessage): void;
  /** Ends the process at once. `onExit` follows. */
  kill(): void;
};

export function startChild(options: StartChildOptions): EngineChild {
  const child = fork(options.workerFile, [], {
    // 'advanced' keeps Float32Array what it is.
    serialization: 'advanced',
    execArgv: [],
    env: { ...options.env, UV_THREADPOOL_SIZE: String(options.threadPoolSize) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  let ended = false;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    options.onExit({ reason, stderr: stderr.trim() });
  };
  child.stderr?.on('data', (data: Buffer) => {
    stderr = (stderr + data.toString('utf8')).slice(-STDERR_KEPT);
  });
  child.on('message', (raw) => {
    const message = ChildMessage.safeParse(raw);
    if (message.success) return options.onMessage(message.data);
    child.kill('SIGKILL');
    end('spoke another protocol');
  });
  child.on('exit', (code, signal) => end(signal ?? `exit code ${code ?? 'unknown'}`));
  child.on('error', (error: NodeJS.ErrnoException) => {
    child.kill('SIGKILL');
    end(error.code ?? 'could not be started');
  });

  const send = (message: ParentMessage): void => {
    // A closed channel shows as 'exit'; the callback keeps it from showing as 'error' too.
    if (child.connected) child.send(message, () => undefined);
  };
  send({ type: 'init', version: PROTOCOL_VERSION, config: options.config });
  return { pid: child.pid ?? null, send, kill: () => void child.kill('SIGKILL') };
}
