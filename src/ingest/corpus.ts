import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { isSystemError, KakehashiError } from '../errors.js';
import { AccessTag, type Passage } from '../store/passage.js';
import { compileGlob } from './glob.js';
import { DEFAULT_ACTIONS, type PersonalPolicy } from './protect.js';
import { SourceSettings } from './sources/source.js';
import { parseYaml } from './yaml.js';

const Action = z.enum(['block', 'redact', 'allow']);
const Bilingual = z.strictObject({ ja: z.string().default(''), en: z.string().default('') });
const DisclaimerKind = z.enum(['none', 'legal', 'medical']);
const Disclaimer = z.union([
  DisclaimerKind,
  z.strictObject({ kind: DisclaimerKind }).transform(({ kind }) => kind),
]);

/** The file corpus.yaml. Every field may be missing. */
export const CorpusFile = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, { error: 'lower-case letters, digits, - and _, up to 63' })
    .optional(),
  title: Bilingual.optional(),
  languages: z
    .array(z.enum(['ja', 'en']))
    .min(1)
    .optional(),
  /** Rights of documents that state none. Defaults to nobody but the local maintainer. */
  access: z.array(AccessTag).default([]),
  /** Whom to ask when there is no answer. */
  contact: Bilingual.optional(),
  disclaimer: Disclaimer.default('none'),
  /** Where the documents come from. Defaults to the folder itself. */
  source: SourceSettings.optional(),
  /** Keep PDF, office, book and mail files, to open citations in them. */
  originals: z.boolean().default(true),
  /** What is done about personal data in documents, by kind. */
  personal_data: z
    .strictObject({
      individual_number: Action.default(DEFAULT_ACTIONS.individual_number),
      card: Action.default(DEFAULT_ACTIONS.card),
      phone: Action.default(DEFAULT_ACTIONS.phone),
      email: Action.default(DEFAULT_ACTIONS.email),
      address: Action.default(DEFAULT_ACTIONS.address),
      /** Mail domains whose addresses are public. */
      own_domains: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  /** First match wins, per field; `match` is a glob relative to the documents folder. */
  rules: z
    .array(
      z.strictObject({
        match: z.string().min(1).max(500),
        disclaimer: Disclaimer.optional(),
        access: z.array(AccessTag).optional(),
      }),
    )
    .default([]),
});
export type CorpusFile = z.infer<typeof CorpusFile>;

export type Corpus = {
  name: string;
  title: { ja: string; en: string };
  languages: readonly Passage['language'][];
  contact: { ja: string; en: string };
  access: readonly string[];
  disclaimer: Passage['disclaimer'];
  personalData: PersonalPolicy;
  /** Folder of corpus.yaml. */
  dir: string;
  /** Folder that holds the documents, of a source the copy of what was fetched. */
  documentsDir: string;
  source: SourceSettings | null;
  keepsOriginals: boolean;
  /** What the corpus says about the document at `path` (relative, with `/`). */
  settingsFor: (path: string) => { access: readonly string[]; disclaimer: Passage['disclaimer'] };
};

/**
 * Reads a corpus folder. Without corpus.yaml it takes its name from the folder; without a folder
 * `documents/` it holds the documents itself.
 *
 * Errors: `corpus.not_found`, `config.invalid` (with the place in corpus.yaml).
 */
export async function loadCorpus(folder: string, options: { name?: string } = {}): Promise<Corpus> {
  const root = resolve(folder);
  const file = parseCorpusFile(await readOptional(join(root, 'corpus.yaml')));
  const inner = join(root, 'documents');
  const documentsDir = (await isFolder(inner)) ? inner : root;
  if (file.source === undefined && !(await isFolder(documentsDir))) {
    throw new KakehashiError('corpus.not_found', `There is no corpus folder ${basename(root)}.`, {
      remedy: 'Create it with a folder documents/ inside, or name another with --from.',
    });
  }
  const name = options.name ?? file.name ?? nameOf(basename(root));
  const rules = file.rules.map((rule) => ({ ...rule, isMatch: compileGlob(rule.match) }));
  return {
    name,
    title: { ja: file.title?.ja || name, en: file.title?.en || name },
    languages: file.languages ?? ['ja', 'en'],
    contact: file.contact ?? { ja: '', en: '' },
    access: file.access,
    disclaimer: file.disclaimer,
    personalData: personalPolicy(file),
    dir: root,
    documentsDir,
    source: file.source ?? null,
    keepsOriginals: file.originals,
    settingsFor: (path) => {
      const matching = rules.filter((rule) => rule.isMatch(path));
      return {
        access: matching.find((rule) => rule.access !== undefined)?.access ?? file.access,
        disclaimer:
          matching.find((rule) => rule.disclaimer !== undefined)?.disclaimer ?? file.disclaimer,
      };
    },
  };
}

function personalPolicy({ personal_data }: CorpusFile): PersonalPolicy {
  const { own_domains: ownDomains, ...actions } = personal_data;
  return { actions, ownDomains };
}

function parseCorpusFile(source: string | null): CorpusFile {
  let values: unknown;
  try {
    values = source === null ? {} : (parseYaml(source) ?? {});
  } catch (error) {
    throw new KakehashiError('config.invalid', 'corpus.yaml is not valid YAML.', {
      remedy: 'Put values that hold a colon or a quote between quotes.',
      cause: error,
    });
  }
  const parsed = CorpusFile.safeParse(values);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.join('.') || 'the file';
  throw new KakehashiError(
    'config.invalid',
    `corpus.yaml, ${place}: ${issue?.message ?? 'invalid'}`,
    {
      remedy: 'Access tags look like group:everyone; disclaimers are none, legal or medical.',
    },
  );
}

/** A folder name as a corpus name: `人事 2025` has no letter that fits and becomes `corpus`. */
function nameOf(folder: string): string {
  const name = folder
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/gu, '-')
    .replace(/^[-_]+|[-_]+$/gu, '')
    .slice(0, 63);
  return name === '' ? 'corpus' : name;
}

async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return null;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
