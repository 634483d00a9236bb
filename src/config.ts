import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { KakehashiError } from './errors.js';

const boolean = z.union([z.boolean(), z.stringbool()]);

/**
 * Everything that can be set, with default, unit and range. Order of precedence: command-line
 * flag, environment `KAKEHASHI_<NAME>`, `kakehashi.yaml`, default.
 */
export const ConfigSchema = z.strictObject({
  /** Folder of everything the service writes; may be removed at any time. */
  data: z.string().min(1).default('data'),
  /** Folder with one folder per corpus. */
  corpora: z.string().min(1).default('corpora'),
  /** Folder with one folder per adapter. */
  adapters: z.string().min(1).default('adapters'),
  /** Folder of the general question sets that every adapter is measured with. */
  gates: z.string().min(1).default('./gates'),
  /** Decision files that the project ships. */
  decisions: z.string().min(1).default('./decisions'),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65_535).default(3210),
  /** Chat model: a profile of the manifest (`starter`, `standard`), `file:…` or `hf:…`. */
  chat_model: z.string().min(1).default('starter'),
  embedding_model: z.string().min(1).default('embedding'),
  /** Licence of a model of one's own, when its file states none (SPDX). */
  chat_model_licence: z.string().optional(),
  /** SPDX names of model licences that may be loaded. */
  allow_licences: z.array(z.string()).default(['Apache-2.0', 'MIT', 'BSD-3-Clause']),
  /** Where `hf:` models come from. Defaults to the public hub. */
  hub_endpoint: z.url().default('https://huggingface.co'),
  hub_token: z.string().optional(),
  /** Points of accuracy on general questions that an adapter may lose. */
  allowed_forgetting: z.coerce.number().min(0).max(100).default(1),
  /** Never fetch models; they must be in the data folder. */
  offline: boolean.default(false),
  /** Compute threads; 0 = what the machine grants (cores and cgroup quota). */
  threads: z.coerce.number().int().min(0).max(256).default(0),
  gpu: z.enum(['auto', 'off']).default('auto'),
  /** Tokens of one conversation slot, prompt and answer together. */
  context_tokens: z.coerce.number().int().min(1024).max(32_768).default(3072),
  /** Answers generated at once per adapter. */
  sequences: z.coerce.number().int().min(1).max(32).default(2),
  /** Answers that may wait for a free slot. */
  queue_limit: z.coerce.number().int().min(0).max(1000).default(32),
  /** Passages put before the model at most. */
  passages: z.coerce.number().int().min(1).max(20).default(4),
  /**
   * Share of given answers that may be wrong. Below a half it is kept by a bound, or nothing is answered
   * where none can be shown; from there on a wrong answer merely costs what it says, `(1 - risk) / risk`.
   * The default suits the starter model; a better model deserves a lower one.
   */
  risk: z.coerce.number().min(0.01).max(0.9).default(0.5),
  /**
   * What outcomes are worth to a learned decision, as shares of a right answer; the price of a wrong
   * one follows from `risk`.
   */
  utility: z
    .strictObject({
      right_refusal: z.number().min(0).max(10).default(1),
      needless_refusal: z.number().min(0).max(10).default(0.5),
      /** Price of a thousand tokens read or written. */
      thousand_tokens: z.number().min(0).max(10).default(0.01),
      /** Price of a second of waiting. */
      second: z.number().min(0).max(10).default(0.002),
    })
    .prefault({}),
  /** When the corpora are brought up to date, as five cron fields; empty: only at the start. */
  nightly: z.string().default(''),
  /** IANA name of the time zone of `nightly`; empty: that of the machine. */
  nightly_time_zone: z.string().default(''),
  /** A nightly run starts up to so many minutes later, and is stopped after so many. */
  nightly_jitter_minutes: z.coerce.number().min(0).max(720).default(10),
  nightly_window_minutes: z.coerce.number().min(1).max(1440).default(240),
  /** Learn the decision from the gold questions after each nightly run; hours on a small machine. */
  nightly_decision: boolean.default(false),
  /** Keys of corpora whose source is an S3-compatible bucket; without them it is read as open. */
  s3_access_key_id: z.string().min(1).optional(),
  s3_secret_access_key: z.string().min(1).optional(),
  /** Where published, refused and failed nightly runs are posted as JSON. */
  webhook: z.url({ protocol: /^https?$/u }).optional(),
  /** Share of gold questions by which a new index may find fewer documents and still be published. */
  index_margin: z.coerce.number().min(0).max(1).default(0.02),
  /**
   * Shares of the documents that may vanish, fail to be read, or shrink to less than half in one run; of
   * all passages, as many may go as of documents may shrink.
   */
  index_removed: z.coerce.number().min(0).max(1).default(0.3),
  index_failed: z.coerce.number().min(0).max(1).default(0.2),
  index_shrunk: z.coerce.number().min(0).max(1).default(0.3),
  /** Share of questions on which another arm than the best is taken, to learn from. */
  exploration: z.coerce.number().min(0).max(0.5).default(0),
  /** Store question and answer texts of decisions, for review. */
  record_text: boolean.default(false),
  /** Conversations, which follow-ups need, are removed so many days after their last turn. */
  keep_conversations_days: z.coerce.number().int().min(1).max(3650).default(30),
  /** Recorded texts of decisions and comments on answers are removed so many days after. */
  keep_texts_days: z.coerce.number().int().min(1).max(3650).default(90),
  log_level: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
});
export type Config = Readonly<z.infer<typeof ConfigSchema>>;

/** Settings that are never shown. */
export const SECRETS = ['hub_token', 's3_access_key_id', 's3_secret_access_key'] as const;

export type ConfigSources = {
  /** Values from the command line, already named like the keys above. */
  flags?: Partial<Record<keyof Config, unknown>>;
  /** Defaults to `process.env`. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Folder of `kakehashi.yaml` and base of relative paths. Defaults to the working folder. */
  directory?: string;
};

const KEYS = Object.keys(ConfigSchema.shape) as (keyof Config)[];

/**
 * Reads and freezes the configuration. Errors: `config.invalid`, naming the setting, where it
 * stands and what is allowed; an unknown key names the nearest known one; also when the file that
 * `KAKEHASHI_CONFIG` names is not there.
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const directory = resolve(sources.directory ?? '.');
  const environment = sources.environment ?? process.env;
  const named = environment['KAKEHASHI_CONFIG'];
  const file = resolve(directory, named || 'kakehashi.yaml');
  if (named && !existsSync(file)) {
    throw new KakehashiError('config.invalid', `KAKEHASHI_CONFIG: there is no file ${file}.`, {
      remedy: 'Correct the path, or unset the variable to read kakehashi.yaml.',
    });
  }
  const values: Record<string, unknown> = {};
  const origin: Record<string, string> = {};
  const take = (key: string, value: unknown, from: string) => {
    if (value === undefined) return;
    values[key] = value;
    origin[key] = from;
  };
  for (const [key, value] of Object.entries(readFile(file))) {
    // As in the environment: a coerced number would be 0. An unknown name is refused all the same.
    const isLeftEmpty = value === null || value === '';
    if (isLeftEmpty && Object.hasOwn(ConfigSchema.shape, key)) continue;
    take(key, value, 'kakehashi.yaml');
  }
  for (const key of KEYS) {
    const name = `KAKEHASHI_${key.toUpperCase()}`;
    const raw = environment[name];
    if (raw === undefined || raw === '') continue;
    take(key, fromEnvironment(key, raw), name);
  }
  if (environment['HF_ENDPOINT'] && values['hub_endpoint'] === undefined) {
    take('hub_endpoint', environment['HF_ENDPOINT'], 'HF_ENDPOINT');
  }
  for (const [key, value] of Object.entries(sources.flags ?? {})) take(key, value, `--${key}`);

  const result = ConfigSchema.safeParse(values);
  if (!result.success) throw invalidConfig(result.error, origin);
  const config = result.data;
  return Object.freeze({
    ...config,
    data: resolve(directory, config.data),
    corpora: resolve(directory, config.corpora),
    adapters: resolve(directory, config.adapters),
    gates: resolve(directory, config.gates),
    decisions: resolve(directory, config.decisions),
  });
}

function fromEnvironment(key: keyof Config, raw: string): unknown {
  if (key === 'allow_licences') return raw.split(',').map((part) => part.trim());
  // `{ needless_refusal: 0.3 }`, as in the file.
  return key === 'utility' ? parseYaml(raw) : raw;
}

/** Refuses an address that others can reach while no authentication is set up. */
export function requireSafeAddress(host: string): void {
  if (/^(127(\.\d{1,3}){3}|::1|localhost)$/u.test(host)) return;
  throw new KakehashiError(
    'auth.required',
    `The address ${host} can be reached by others, and no keys are set up.`,
    {
      remedy:
        'Serve on 127.0.0.1 and put an authenticating proxy in front; everyone whom it lets through reads every document.',
    },
  );
}

function readFile(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  let parsed: unknown;
  try {
    parsed = parseYaml(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new KakehashiError('config.invalid', 'kakehashi.yaml is not valid YAML.', {
      remedy: 'Check indentation and quotes near the reported line.',
      cause,
    });
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new KakehashiError('config.invalid', 'kakehashi.yaml must hold `name: value` lines.');
  }
  const folder = dirname(file);
  const settings = { ...parsed } as Record<string, unknown>;
  for (const key of ['data', 'corpora', 'adapters', 'gates', 'decisions']) {
    if (typeof settings[key] === 'string') settings[key] = resolve(folder, settings[key]);
  }
  return settings;
}

function invalidConfig(error: z.ZodError, origin: Record<string, string>): KakehashiError {
  const lines = error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys
        .map((key) => `unknown setting "${key}" (nearest: ${nearestKey(key)})`)
        .join('; ');
    }
    const key = String(issue.path[0]);
    return `${origin[key] ?? key}: ${issue.message}`;
  });
  return new KakehashiError('config.invalid', `The configuration is wrong. ${lines.join('; ')}.`, {
    remedy: 'Correct the named setting; `kakehashi doctor` prints all settings.',
  });
}

/** The known setting that shares most letters with `key`. */
function nearestKey(key: string): string {
  const shared = (other: string) => {
    const left = Array.from(other);
    for (const letter of key) {
      const at = left.indexOf(letter);
      if (at >= 0) left.splice(at, 1);
    }
    return (other.length - left.length) / Math.max(key.length, other.length);
  };
  return KEYS.reduce((best, other) => (shared(other) > shared(best) ? other : best));
}
