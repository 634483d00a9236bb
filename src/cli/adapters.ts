import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCleared, type Passport } from '../adapters/passport.js';
import {
  adapterNames,
  checkFile,
  isUntrained,
  loadAdapters,
  readStanding,
  type RegisteredAdapter,
  type RegistryOptions,
} from '../adapters/registry.js';
import { readPassport, writePassport } from '../adapters/passport-file.js';
import type { Standing } from '../adapters/standing.js';
import { readBaseShape } from '../adapters/vet.js';
import { adapterRegistry } from '../chat-engines.js';
import type { Config } from '../config.js';
import { KakehashiError } from '../errors.js';
import { LOCAL_MAINTAINER, type Models, openModels, recordsFile } from '../knowledge.js';
import type { AdapterEvent } from '../store/record-adapters.js';
import { openRecords, type Records } from '../store/records.js';
import { EXIT, print, printJson, renderTable } from './terminal.js';

type Given = { json: boolean; signal: AbortSignal };

/** What the commands need of an adapter: its folder, its events and its versions. */
type Opened = { records: Records; registry: RegistryOptions; models: Models };

export async function withRegistry<T>(
  config: Config,
  { signal }: Pick<Given, 'signal'>,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const models = await openModels(config, { signal });
  const records = openRecords(recordsFile(config));
  try {
    const registry = adapterRegistry(config, models.chat, records, { signal });
    return await work({ records, registry, models });
  } finally {
    records.close();
  }
}

/** Lists every adapter: which version answers, which is on trial, which waits, which is refused. */
export async function adaptersList(config: Config, given: Given): Promise<number> {
  return await withRegistry(config, given, async ({ records, registry }) => {
    const { served, refused } = await loadAdapters({ ...registry, tryOut: null });
    const names = new Set([
      ...(await adapterNames(config.adapters)),
      ...records.adapters.list().map(({ name }) => name),
    ]);
    const rows = await Promise.all(
      [...names].toSorted().map(async (name) => {
        const standing = readStanding(name, registry);
        const passport = await readPassport(config.adapters, name).catch(() => null);
        const reasons = refused
          .filter((one) => one.name === name)
          .map(({ error }) => error.message);
        const versions = served.filter((one) => one.passport.name === name);
        const state = (await isUntrained(config.adapters, name))
          ? 'not trained yet'
          : stateOf(standing, versions, passport);
        return { name, state, standing, passport, reasons };
      }),
    );
    if (given.json) printJson({ adapters: rows });
    else if (rows.length === 0) print('No adapters.');
    else {
      print(
        renderTable(
          ['adapter', 'state', 'base', 'licence'],
          rows.map(({ name, state, reasons, passport }) => [
            name,
            [state, ...reasons].join('\n'),
            passport?.base.name ?? '–',
            passport?.licence ?? '–',
          ]),
        ),
      );
    }
    return EXIT.done;
  });
}

function stateOf(
  standing: Standing,
  versions: readonly RegisteredAdapter[],
  folder: Passport | null,
): string {
  if (standing.disabled) return `disabled${standing.reason ? `: ${standing.reason}` : ''}`;
  const lines = versions.map(({ passport, canaryShare }) =>
    canaryShare === null
      ? `${passport.version} in service`
      : `${passport.version} on trial, ${canaryShare} % of conversations`,
  );
  const waits =
    folder !== null && ![standing.serving, standing.canary?.sha256].includes(folder.adapter.sha256);
  if (waits) lines.push(`${folder.version} ${whyItWaits(folder)}`);
  return lines.length === 0 ? 'not in service' : lines.join('\n');
}

/** What a version in the folder that does not serve lacks. */
export function whyItWaits(passport: Passport): string {
  const { gates, adapter } = passport;
  if (isCleared(passport)) return 'waits to be promoted';
  if (gates?.candidateSha256 !== adapter.sha256) return 'waits for its gates';
  const failed = gates.rows.filter(({ passed }) => !passed).length;
  return `not in service: ${failed} of ${gates.rows.length} gates failed`;
}

/** Checks the version in the folder: header, then its first question in a process of its own. */
export async function adaptersVet(config: Config, name: string, given: Given): Promise<number> {
  return await withRegistry(config, given, async ({ registry }) => {
    const passport = await admitFolderVersion(name, registry);
    await writePassport(config.adapters, passport);
    const {
      version,
      adapter: { sha256 },
    } = passport;
    if (given.json) printJson({ name, version, sha256, vetted: true });
    else
      print(
        `${name} ${version} (${sha256.slice(0, 12)}) is sound: header, first load, golden prompt.`,
      );
    return EXIT.done;
  });
}

export type PromoteOptions = { reason?: string; force?: boolean };
export type CanaryOptions = PromoteOptions & { share: number };

/** Puts the version in the folder into service; a running service follows within seconds. */
export async function adaptersPromote(
  config: Config,
  name: string,
  options: PromoteOptions & Given,
): Promise<number> {
  return await withRegistry(config, options, async ({ records, registry }) => {
    const passport = await admitFolderVersion(name, registry);
    const {
      version,
      adapter: { sha256 },
    } = passport;
    await requireGates(passport, registry, options);
    return report(
      records.adapters.add({ ...eventOf('promote', name, options), sha256 }),
      `${name} ${version} is in service.`,
      options,
    );
  });
}

/** Gives a share of the conversations to the version in the folder. */
export async function adaptersCanary(
  config: Config,
  name: string,
  options: CanaryOptions & Given,
): Promise<number> {
  return await withRegistry(config, options, async ({ records, registry }) => {
    const passport = await admitFolderVersion(name, registry);
    const {
      version,
      adapter: { sha256 },
    } = passport;
    const standing = readStanding(name, registry);
    if (standing.serving === sha256) {
      throw new KakehashiError('request.invalid', `${name} ${version} is in service already.`, {
        remedy: 'A trial wants a version that is not: train or copy one into its folder.',
      });
    }
    await requireGates(passport, registry, options);
    return report(
      records.adapters.add({ ...eventOf('canary', name, options), sha256, share: options.share }),
      `${name} ${version} answers ${options.share} % of conversations.`,
      options,
    );
  });
}

/** Ends a trial, or goes back to the version before. */
export async function adaptersRollback(
  config: Config,
  name: string,
  options: PromoteOptions & Given,
): Promise<number> {
  return await withRegistry(config, options, async (opened) => {
    const { event, text } = await rollBack(name, opened, options);
    return report(event, text, options);
  });
}

/**
 * Ends a trial, or goes back to the version before if that would be served. Errors: `adapter.not_found`,
 * `request.invalid` without a version before, and those that `loadAdapters` refuses it with.
 */
export async function rollBack(
  name: string,
  { records, registry }: Pick<Opened, 'records' | 'registry'>,
  options: PromoteOptions = {},
): Promise<{ event: AdapterEvent; text: string }> {
  await requireKnown(name, registry);
  const { canary, earlier } = readStanding(name, registry);
  const to = earlier.at(-1);
  const add = () => records.adapters.add(eventOf('rollback', name, options));
  if (canary !== null) return { event: add(), text: `The trial of ${name} has ended.` };
  if (to === undefined) {
    throw new KakehashiError('request.invalid', `There is no earlier version of ${name}.`, {
      remedy: `To take it out of service: kakehashi adapters disable ${name}.`,
    });
  }
  await requireServable(name, to, { ...registry, tryOut: null });
  return { event: add(), text: `${name} is back at version ${to.slice(0, 12)}.` };
}

/** Takes an adapter out of service: a running service does not choose it a second later. */
export async function adaptersDisable(
  config: Config,
  name: string,
  options: PromoteOptions & Given,
): Promise<number> {
  return await withRegistry(config, options, async ({ records, registry }) => {
    await requireKnown(name, registry);
    return report(
      records.adapters.add(eventOf('disable', name, options)),
      `${name} is out of service until one of its versions is put into service again.`,
      options,
    );
  });
}

function eventOf(
  action: AdapterEvent['action'],
  name: string,
  { reason }: PromoteOptions,
): Omit<AdapterEvent, 'id' | 'at'> {
  const principal = LOCAL_MAINTAINER.id;
  return { name, action, sha256: null, share: null, reason: reason ?? null, principal };
}

function report(event: AdapterEvent, text: string, { json }: Given): number {
  if (json) printJson({ event });
  else print(text);
  return EXIT.done;
}

/**
 * Lets a version through whose gates were passed on this base, or one that a maintainer overrules
 * them for with a reason, which its passport keeps. Errors: `gate.refused`, `request.invalid`.
 */
async function requireGates(
  passport: Passport,
  registry: RegistryOptions,
  { force, reason }: PromoteOptions,
): Promise<void> {
  if (isCleared(passport, registry.base.sha256)) return;
  const { name, gates, adapter, history } = passport;
  if (force) {
    if (reason !== undefined && reason.trim() !== '') {
      const at = new Date().toISOString();
      await writePassport(registry.adaptersDir, {
        ...passport,
        overruled: { at, sha256: adapter.sha256, reason },
        history: [...history, { at, event: `gates overruled: ${reason}` }],
      });
      return;
    }
    throw new KakehashiError('request.invalid', 'Overruling the gates needs a reason.', {
      remedy: 'Add --reason "why"; it is kept with the event.',
    });
  }
  const measured =
    gates?.candidateSha256 === adapter.sha256 && gates.baseSha256 === registry.base.sha256;
  const failed = gates?.rows.filter(({ passed }) => !passed).map(({ gate }) => gate) ?? [];
  throw new KakehashiError(
    'gate.refused',
    measured
      ? `${name} failed its gates: ${[...new Set(failed)].join(', ')}.`
      : `The gates of this version of ${name} were not run on the model in service.`,
    {
      remedy: measured
        ? 'Train it further, or overrule with --force --reason "why".'
        : `Run: kakehashi adapters gate ${name}`,
    },
  );
}

async function requireKnown(name: string, registry: RegistryOptions): Promise<void> {
  const names = await adapterNames(registry.adaptersDir);
  if (names.includes(name) || registry.events().some((event) => event.name === name)) return;
  throw new KakehashiError('adapter.not_found', `There is no adapter "${name}".`, {
    remedy: `Adapters: ${names.join(', ') || 'none; see adapters/README.md'}.`,
  });
}

/** Checks, tries out and stores the version in the folder, as if it were promoted; says when it passed. */
export async function admitFolderVersion(
  name: string,
  registry: RegistryOptions,
): Promise<Passport> {
  await requireKnown(name, registry);
  const passport = await readPassport(registry.adaptersDir, name);
  const { sha256 } = passport.adapter;
  // A try-out that was passed is passed again: the maintainer asks for it.
  await rm(join(registry.servedDir, `${sha256}.tried.json`), { force: true });
  await requireServable(name, sha256, registry);
  // What was stored before would serve; whether the folder still holds it was not looked at.
  const shape = await readBaseShape(registry.base.path);
  await checkFile(passport, shape, join(registry.adaptersDir, name, 'adapter.gguf'));
  const vetting = { at: new Date().toISOString(), baseSha256: registry.base.sha256 };
  return { ...passport, vetting };
}

/**
 * Checks, tries out and stores version `sha256` as if it were promoted, from the folder or from what was
 * stored before. Errors: those that `loadAdapters` refuses it with.
 */
async function requireServable(
  name: string,
  sha256: string,
  registry: RegistryOptions,
): Promise<void> {
  const promoted: AdapterEvent = { ...eventOf('promote', name, {}), sha256, id: 0, at: '' };
  const { served, refused } = await loadAdapters({ ...registry, events: () => [promoted] });
  if (served.length > 0) return;
  // A fault of the folder comes first, that of the version last.
  const refusal = refused.findLast((one) => one.name === name);
  if (refusal !== undefined) throw refusal.error;
}
