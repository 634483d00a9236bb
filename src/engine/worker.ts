/**
 * The engine's child process. A fault in native code ends this process only; the parent
 * (`supervisor.ts`) notices and starts another. It keeps nothing that must be saved.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isSystemError, KakehashiError } from '../errors.js';
import { openLlama, openModel } from './llama.js';
import {
  type ChatConfig,
  type ChildMessage,
  type EmbedConfig,
  type Job,
  ParentMessage,
  PROTOCOL_VERSION,
  toWireError,
} from './protocol.js';
import { type ChatWorker, openChat } from './worker-chat.js';
import { type EmbedWorker, openEmbed } from './worker-embed.js';

type Running = { abort: AbortController; resume: ((goesOn: boolean) => void) | null };

const running = new Map<number, Running>();
let worker: { chat: ChatWorker } | { embed: EmbedWorker } | null = null;

function send(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

/** Ends without running exit handlers: native threads may be in the middle of an evaluation. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function load(config: ChatConfig | EmbedConfig): Promise<void> {
  try {
    send({ type: 'loading', stage: 'library', adapter: null });
    if (config.verifyModel) await requireSha256(config.model, 'model');
    const llama = await openLlama({
      threads: config.threads,
      gpu: config.gpu,
      log: (level, message) => send({ type: 'log', level, message }),
    });
    const loadingModel = (): void => send({ type: 'loading', stage: 'model', adapter: null });
    loadingModel();
    const model = await openModel(llama, config.model.path, loadingModel);
    const onLoading = (
      stage: 'context' | 'adapter' = 'context',
      adapter: string | null = null,
    ): void => send({ type: 'loading', stage, adapter });
    if (config.role === 'chat') {
      const chat = await openChat({
        llama,
        model,
        config,
        onLoading,
        requireAdapterFile: (adapter) => requireSha256(adapter, 'adapter'),
      });
      worker = { chat };
      send({ type: 'ready', version: PROTOCOL_VERSION, info: chat.info });
    } else {
      const embed = await openEmbed({ llama, model, config, onLoading });
      worker = { embed };
      send({ type: 'ready', version: PROTOCOL_VERSION, info: embed.info });
    }
  } catch (error) {
    const wire = toWireError(error);
    send({ type: 'load_failed', error: wire, retry: wire.code === 'engine.unavailable' });
  }
}

/** Native parsers must not see a file that is not the one asked for. */
async function requireSha256(
  file: { path: string; sha256: string; name?: string },
  kind: 'model' | 'adapter',
): Promise<void> {
  const name = file.name ?? basename(file.path);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file.path, { highWaterMark: 1 << 20 }), hash);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new KakehashiError(
      kind === 'model' ? 'model.not_found' : 'adapter.invalid',
      `The file of the ${kind} ${name} is missing.`,
      { detail: { [kind]: name }, cause: error },
    );
  }
  if (hash.digest('hex') === file.sha256) return;
  throw new KakehashiError(
    kind === 'model' ? 'model.checksum_mismatch' : 'adapter.invalid',
    `The file of the ${kind} ${name} is not the one that was checked in: its sha256 differs.`,
    { remedy: `Fetch or install the ${kind} again.`, detail: { [kind]: name } },
  );
}

async function run(job: Job): Promise<void> {
  const { id } = job;
  const entry: Running = { abort: new AbortController(), resume: null };
  running.set(id, entry);
  try {
    send(await work(job, entry));
  } catch (error) {
    send({ type: 'failed', id, error: toWireError(error) });
  } finally {
    running.delete(id);
  }
}

async function work(job: Job, entry: Running): Promise<ChildMessage> {
  const { id } = job;
  const { signal } = entry.abort;
  const onProgress = (): void => send({ type: 'progress', id });
  if (worker !== null && 'chat' in worker) {
    if (job.type === 'count_chat') {
      return { type: 'counted', id, counts: [worker.chat.countTokens(job.messages)] };
    }
    if (job.type === 'generate') {
      const answer = await worker.chat.generate(
        job,
        {
          onProgress,
          onText: (text) => send({ type: 'text', id, text }),
          onPrefilled: (report) => {
            send({ type: 'prefilled', id, ...report });
            return job.gated ? untilResumed(entry) : Promise.resolve(true);
          },
        },
        signal,
      );
      return { type: 'generated', id, ...answer };
    }
  }
  if (worker !== null && 'embed' in worker) {
    if (job.type === 'count_texts') {
      return { type: 'counted', id, counts: worker.embed.countTokens(job.texts) };
    }
    if (job.type === 'embed') {
      const vectors = await worker.embed.embed(job, onProgress, signal);
      return { type: 'embedded', id, dimensions: worker.embed.info.dimensions, vectors };
    }
  }
  throw new KakehashiError('internal', 'This engine process cannot do what was asked.');
}

function untilResumed(entry: Running): Promise<boolean> {
  const { signal } = entry.abort;
  return new Promise((resolve) => {
    entry.resume = resolve;
    if (signal.aborted) resolve(false);
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}

async function close(): Promise<void> {
  for (const { abort } of running.values()) abort.abort();
  if (worker !== null) await ('chat' in worker ? worker.chat : worker.embed).close();
  endNow();
}

function receive(message: ParentMessage): void {
  switch (message.type) {
    case 'init':
      void load(message.config);
      return;
    case 'close':
      void close().catch(endNow);
      return;
    case 'cancel':
      running.get(message.id)?.abort.abort();
      return;
    case 'continue':
    case 'stop':
      running.get(message.id)?.resume?.(message.type === 'continue');
      return;
    case 'count_chat':
    case 'count_texts':
    case 'embed':
    case 'generate':
      void run(message);
  }
}

process.on('message', (raw: unknown) => {
  const message = ParentMessage.safeParse(raw);
  if (message.success) return receive(message.data);
  const error = new KakehashiError('internal', 'Parent and engine process speak differently.', {
    remedy: 'Build again, so that both come from the same code.',
  });
  send({ type: 'load_failed', error: toWireError(error), retry: false });
});
// The parent is gone: nobody can be answered any more.
process.on('disconnect', endNow);
// The parent decides when the service ends; a terminal's Ctrl-C reaches this process too.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
