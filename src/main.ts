import { join } from 'node:path';
import pino from 'pino';
import { indexEach, NIGHTLY, noteFailure } from './cli/index.js';
import { pullOptions } from './cli/pull.js';
import { readModelGates } from './cli/models-gate.js';
import { createBar, EXIT, note, print } from './cli/terminal.js';
import { type Config, requireSafeAddress } from './config.js';
import { isKakehashiError } from './errors.js';
import { createApp } from './http/app.js';
import { LOOPBACK_HOSTS } from './http/middleware/same-origin.js';
import { localPrincipal } from './http/principal.js';
import { listen } from './http/serve.js';
import { bringUpToDateApart } from './index-process.js';
import type { Corpus } from './ingest/corpus.js';
import { listCorpora } from './ingest/list-corpora.js';
import { namedModels } from './knowledge.js';
import { forgetTexts, openNightly } from './maintain.js';
import { pullModel } from './models/pull.js';
import { openService, type Service } from './service.js';
import { VERSION } from './version.js';

/** Longest wait for answers in work when the service is told to stop. */
const DRAIN_MS = 30_000;

/**
 * Models, engine, index, port, in this order; closes them in reverse when `signal` fires. Once every
 * corpus has an index, it is brought up to date after the port is open.
 */
export async function start(
  config: Config,
  { index, signal }: { index: boolean; signal: AbortSignal },
): Promise<number> {
  requireSafeAddress(config.host);
  await pullModels(config, signal);
  await using service = await openService(config, { signal, onNote: note });
  const corpora = index ? await listCorpora(config.corpora) : [];
  const isFirst = corpora.length > 0 && !(await areIndexed(service, corpora));
  if (isFirst) {
    await indexEach(config, service.knowledge, corpora, {
      ...NIGHTLY,
      signal,
      onEnd: noteIfFailed,
    });
  }
  const hostName = config.host.includes(':') ? `[${config.host}]` : config.host;
  const app = createApp({
    answerer: service.answerer,
    readiness: () => readiness(service),
    staticDir: join(import.meta.dirname, 'ui'),
    version: VERSION,
    log: pino({ level: config.log_level }, pino.destination(2)),
    now: Date.now,
    newId: () => crypto.randomUUID(),
    principalOf: localPrincipal,
    allowedHosts: [...new Set([...LOOPBACK_HOSTS, hostName])],
  });
  await noteUnmeasured(config, service);
  using _forgetting = forgetTexts(config, service.knowledge.records);
  await using nightly = index ? openNightly(config, service) : null;
  await using server = await listen({ app, host: config.host, port: config.port });
  const info = await service.engine.ready({ signal });
  print(`Kakehashi ${VERSION} · ${info.model.name} · ${describeProcessor(info)}`);
  print(`Open http://${hostName}:${server.port}`);
  const next = nightly?.next();
  if (next) note(`The corpora are brought up to date next at ${next.toISOString()}.`);
  if (corpora.length > 0 && !isFirst) {
    // What was indexed before is served meanwhile, and goes on being served if this fails.
    await bringUpToDateApart(config, { signal, onEnd: noteIfFailed }).catch((error: unknown) => {
      if (!signal.aborted) {
        note(isKakehashiError(error) ? error.message : 'The corpora could not be indexed.');
      }
    });
  }
  if (!signal.aborted) {
    await new Promise((stop) => signal.addEventListener('abort', stop, { once: true }));
  }
  note('Stopping; answers in work may end …');
  await server.close({ drainMs: DRAIN_MS });
  return EXIT.done;
}

function noteIfFailed(corpus: string, result: unknown): void {
  if (isKakehashiError(result)) noteFailure(corpus, result);
}

/** A model of one's own comes by the same door as an adapter, and says so when it did not. */
async function noteUnmeasured(config: Config, { models: { chat } }: Service): Promise<void> {
  if (chat.entry.sha256 !== null) return;
  const gates = await readModelGates(config, chat);
  if (gates?.passed) return;
  const state = gates === null ? 'was not measured' : 'did not pass its gates';
  note(`${chat.entry.name} ${state}: kakehashi models gate ${config.chat_model}`);
}

async function areIndexed({ knowledge }: Service, corpora: readonly Corpus[]): Promise<boolean> {
  const published = await Promise.all(
    corpora.map(({ name }) => knowledge.passages.reader(name).published()),
  );
  return published.every((version) => version !== null);
}

async function pullModels(config: Config, signal: AbortSignal): Promise<void> {
  const entries = namedModels(config);
  for (const entry of Object.values(entries)) {
    const bar = createBar(entry.name);
    await pullModel(entry, pullOptions(config, bar, signal));
    bar.stop();
  }
}

async function readiness({ engine, knowledge, answerer }: Service) {
  const about = await answerer.about(localPrincipal());
  const published = about.corpora.filter(({ version }) => version !== null);
  return [
    { name: 'chat_model', ok: engine.state() === 'ready', detail: engine.state() },
    {
      name: 'embedding_model',
      ok: knowledge.embedder.state() === 'ready',
      detail: knowledge.embedder.state(),
    },
    {
      name: 'index',
      ok: published.length > 0,
      detail: `${published.length} of ${about.corpora.length} corpora indexed`,
    },
  ];
}

function describeProcessor(info: Awaited<ReturnType<Service['engine']['ready']>>): string {
  const { gpu, threads } = info;
  if (gpu === false) return `CPU, ${threads} threads`;
  return `${gpu.backend}, ${gpu.layers} of ${gpu.totalLayers} layers on the GPU`;
}
