import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { isOwnModel } from '../models/chosen-models.js';
import { findModel, modelManifest } from '../models/manifest.js';
import type { ModelEntry } from '../models/model-entry.js';
import { pullModel } from '../models/pull.js';
import { listModels, type ModelStatus, verifyModels } from '../models/verify.js';
import { modelsDir, namedModels } from '../knowledge.js';
import { pullOptions } from './pull.js';
import { createBar, EXIT, formatBytes, print, printJson, renderTable } from './terminal.js';

type Options = { json: boolean; signal: AbortSignal };

/** Entries of the manifest and those of the configuration that are not among them. */
function knownEntries(config: Config): ModelEntry[] {
  const chosen = Object.values(namedModels(config));
  const own = chosen.filter((entry) => !modelManifest.includes(entry));
  return [...modelManifest, ...own];
}

export async function modelsList(config: Config, { json, signal }: Options): Promise<number> {
  const states = await listModels(knownEntries(config), { modelsDir: modelsDir(config), signal });
  return show(states, config, json);
}

export async function modelsVerify(config: Config, { json, signal }: Options): Promise<number> {
  const bar = createBar('verify', json);
  const states = await verifyModels(knownEntries(config), {
    modelsDir: modelsDir(config),
    signal,
    onProgress: ({ model, bytes, totalBytes }) => bar.update(bytes, totalBytes, model),
  });
  bar.stop();
  show(states, config, json);
  return states.some(({ state }) => state === 'corrupt') ? EXIT.failed : EXIT.done;
}

/** Pulls the named models, or those of the configuration. */
export async function modelsPull(
  config: Config,
  names: readonly string[],
  { json, signal }: Options,
): Promise<number> {
  const entries =
    names.length > 0
      ? names.map((name) => named(config, name))
      : Object.values(namedModels(config));
  const pulled: { name: string; path: string }[] = [];
  for (const entry of entries) {
    const bar = createBar(entry.name, json);
    const path = await pullModel(entry, pullOptions(config, bar, signal));
    bar.stop();
    pulled.push({ name: entry.name, path });
  }
  if (json) printJson({ pulled });
  else for (const { name, path } of pulled) print(`${name}: ${path}`);
  return EXIT.done;
}

function named(config: Config, name: string): ModelEntry {
  const own = knownEntries(config).find((entry) => entry.name === name);
  if (own !== undefined) return own;
  return isOwnModel(name) ? namedModels(config, { chat: name }).chat : findModel(name);
}

function show(states: readonly ModelStatus[], config: Config, json: boolean): number {
  const chosen = namedModels(config);
  const inUse = (name: string) => name === chosen.chat.name || name === chosen.embedding.name;
  if (json) {
    printJson({ models: states.map((state) => ({ ...state, inUse: inUse(state.name) })) });
    return EXIT.done;
  }
  print(
    renderTable(
      ['model', 'role', 'state', 'size', 'licence', 'languages', 'source'],
      states.map((state) => [
        `${inUse(state.name) ? '* ' : '  '}${state.name}`,
        state.role,
        state.state,
        state.bytes === null ? '–' : formatBytes(state.bytes),
        state.licence ?? '–',
        state.languages.join(' '),
        state.source,
      ]),
    ),
  );
  print('* named by the configuration');
  if (states.some(({ name, state }) => inUse(name) && state !== 'present')) {
    throw new KakehashiError('model.not_pulled', 'A model of the configuration is not here.', {
      remedy: 'Run: kakehashi models pull',
    });
  }
  return EXIT.done;
}
