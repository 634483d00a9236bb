import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { KakehashiError } from '../errors.js';
import { describeSource, type ModelEntry, parseModelUri } from './model-entry.js';

export type OwnModelOptions = {
  /** SPDX id from the config; without it the file must state its own (`general.license`). */
  licence?: string;
  languages?: readonly string[];
};

/**
 * The entry of a chat model of the owner's own, `file:/path/to.gguf` or `hf:user/repo/file.gguf`.
 * Its checksum is recorded at the first pull and binding from then on. `config.invalid` when the
 * address cannot be read or does not name a `.gguf` file.
 */
export function ownChatModel(uri: string, options: OwnModelOptions = {}): ModelEntry {
  const source = parseModelUri(uri);
  const file = basename(source.kind === 'file' ? source.path : source.file);
  if (!/\.gguf$/i.test(file)) {
    throw new KakehashiError('config.invalid', 'A model of your own must be a .gguf file.', {
      remedy: 'Give the address of a GGUF file; other formats have to be converted first.',
    });
  }
  const plain = file.replace(/[^\w.+-]/g, '_').slice(-128);
  const stem = plain
    .replace(/\.gguf$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '');
  // The address is part of the name: two files of one name from two places are two models.
  const place = createHash('sha256').update(describeSource(source)).digest('hex').slice(0, 8);
  return {
    name: `${stem.slice(0, 80) || 'model'}-${place}`,
    role: 'chat',
    file: plain,
    licence: options.licence ?? null,
    licenceFrom: options.licence === undefined ? 'file' : 'config',
    languages: options.languages ?? [],
    bytes: null,
    sha256: null,
    template: 'file',
    contextTokens: null,
    sources: [source],
  };
}
