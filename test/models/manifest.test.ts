import { describe, expect, it } from 'vitest';
import {
  chatModelOfProfile,
  defaultEmbeddingModel,
  findModel,
  modelManifest,
} from '../../src/models/manifest.js';
import { loadedFile, ModelEntry, parseModelUri, storedName } from '../../src/models/model-entry.js';
import { ownChatModel } from '../../src/models/own-model.js';

describe('the manifest', () => {
  it.each(modelManifest.map((entry) => [entry.name, entry] as const))(
    'describes %s fully',
    (_, entry) => {
      expect(ModelEntry.parse(entry)).toEqual(entry);
      expect(entry.sha256).not.toBeNull();
      expect(entry.licence).not.toBeNull();
      for (const source of entry.sources) {
        if (source.kind !== 'package') continue;
        expect(source.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(entry.bytes);
      }
    },
  );

  it('asks the hub before the package index', () => {
    const kinds = chatModelOfProfile('starter').sources.map(({ kind }) => kind);
    expect(kinds).toEqual(['hub', 'package']);
  });

  it('gives no two models one name or one file', () => {
    const names = modelManifest.map(({ name }) => name);
    const files = modelManifest.map((entry) => loadedFile(entry).sha256);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(files).size).toBe(files.length);
  });

  it('finds models by profile, role and name', () => {
    expect(findModel('standard')).toBe(chatModelOfProfile('standard'));
    expect(findModel('embedding')).toBe(defaultEmbeddingModel);
    expect(findModel('smollm2-135m-instruct-q4_1')).toBe(chatModelOfProfile('smallest'));
    expect(() => findModel('gpt')).toThrow(expect.objectContaining({ code: 'model.not_found' }));
  });
});

describe('storedName', () => {
  it('puts the beginning of the checksum before the ending', () => {
    expect(storedName('a.b.gguf', 'f'.repeat(64))).toBe('a.b-ffffffffffff.gguf');
  });
});

describe('parseModelUri', () => {
  it('reads files and hub addresses', () => {
    expect(parseModelUri('file:/srv/m.gguf')).toEqual({ kind: 'file', path: '/srv/m.gguf' });
    expect(parseModelUri('file:///srv/m.gguf')).toEqual({ kind: 'file', path: '/srv/m.gguf' });
    expect(parseModelUri('hf:org/repo/sub/m.gguf@v1')).toEqual({
      kind: 'hub',
      repo: 'org/repo',
      file: 'sub/m.gguf',
      revision: 'v1',
    });
    expect(parseModelUri('hf:org/repo/m.gguf')).toMatchObject({ revision: 'main' });
  });

  it.each([
    '',
    'file:',
    'hf:org/m.gguf',
    'hf:o/r/../../m.gguf',
    'hf:o/../m.gguf',
    'https://x/m.gguf',
  ])('refuses %j', (uri) => {
    expect(() => parseModelUri(uri)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
  });
});

describe('ownChatModel', () => {
  it('tells apart two files of one name from two places', () => {
    const [a, b] = [ownChatModel('hf:a/r/M 1.gguf'), ownChatModel('hf:b/r/M 1.gguf')];
    expect(a.name).not.toBe(b.name);
    expect(ModelEntry.parse(a)).toEqual(a);
    expect(a.name).toMatch(/^m_1-[0-9a-f]{8}$/);
  });

  it('takes GGUF files only', () => {
    expect(() => ownChatModel('file:/srv/model.safetensors')).toThrow(/gguf/);
  });
});
