import { readdir, statfs } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import { type Config, ConfigSchema, SECRETS } from '../config.js';
import { resolveCpuQuota } from '../engine/cpu-quota.js';
import { isKakehashiError } from '../errors.js';
import { openModels } from '../knowledge.js';
import { EXIT, formatBytes, print, printJson, renderTable } from './terminal.js';

type Check = { name: string; ok: boolean; detail: string };

/** Looks at everything that keeps the service from starting and prints the settings in force. */
export async function doctor(
  config: Config,
  { json, signal }: { json: boolean; signal: AbortSignal },
): Promise<number> {
  const checks: Check[] = [
    { name: 'node', ok: true, detail: process.versions.node },
    {
      name: 'processor',
      ok: true,
      detail: `${cpus()[0]?.model ?? 'unknown'}, ${config.threads || resolveCpuQuota({ cores: availableParallelism() })} threads for the model`,
    },
    await checkDisk(config),
    await checkModels(config, signal),
    await checkCorpora(config),
  ];
  const shown = withoutSecrets(config);
  if (json) printJson({ checks, settings: shown });
  else {
    for (const { name, ok, detail } of checks) print(`${ok ? '✔' : '✖'} ${name}: ${detail}`);
    print(`\n${settingsTable(shown)}`);
  }
  return checks.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}

function withoutSecrets(config: Config): Config {
  const hidden = SECRETS.filter((name) => config[name]).map((name) => [name, '***']);
  return { ...config, ...Object.fromEntries(hidden) };
}

async function checkDisk(config: Config): Promise<Check> {
  // The data folder itself may not be there yet.
  const { bavail, bsize } = await statfs(config.data).catch(() => statfs(dirname(config.data)));
  const free = bavail * bsize;
  return { name: 'disk', ok: free > 2e9, detail: `${formatBytes(free)} free for the data folder` };
}

async function checkModels(config: Config, signal: AbortSignal): Promise<Check> {
  try {
    const { chat, embedding } = await openModels(config, { signal });
    return {
      name: 'models',
      ok: true,
      detail: `${chat.entry.name}, ${embedding.entry.name}`,
    };
  } catch (error) {
    if (!isKakehashiError(error)) throw error;
    return { name: 'models', ok: false, detail: `${error.message} ${error.remedy ?? ''}` };
  }
}

async function checkCorpora(config: Config): Promise<Check> {
  const names = await readdir(config.corpora).catch(() => []);
  return {
    name: 'corpora',
    ok: names.length > 0,
    detail: names.length > 0 ? names.join(', ') : 'none: create one folder per corpus',
  };
}

function settingsTable(config: Config): string {
  const shape: Record<string, { description?: string | undefined }> = ConfigSchema.shape;
  return renderTable(
    ['setting', 'value', 'environment'],
    Object.keys(shape).map((key) => [
      key,
      shownValue(config[key as keyof Config]),
      `KAKEHASHI_${key.toUpperCase()}`,
    ]),
  );
}

function shownValue(value: Config[keyof Config]): string {
  if (typeof value !== 'object') return String(value ?? '–');
  if (Array.isArray(value)) return value.join(', ');
  return Object.entries(value)
    .map(([name, part]) => `${name} ${String(part)}`)
    .join('\n');
}
