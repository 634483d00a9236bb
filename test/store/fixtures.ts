import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { IndexedPassage } from '../../src/store/passage-rows.js';
import type { Passage, Principal } from '../../src/store/passage.js';
import {
  openPassageStore,
  type PassageStore,
  type PassageStoreOptions,
} from '../../src/store/passages.js';

export const DIMENSIONS = 8;
export const MAINTAINER: Principal = { id: 'local', access: [], readsAll: true };
export const EVERYONE: Principal = { id: 'e', access: ['group:everyone'], readsAll: false };
export const MODEL = { name: 'tiny-model', sha256: 'a'.repeat(64) };

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kakehashi-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function openTestStore(
  options: Partial<PassageStoreOptions> = {},
): Promise<PassageStore> {
  const store = openPassageStore({
    dir: options.dir ?? (await temporaryFolder()),
    embeddingModel: MODEL,
    dimensions: DIMENSIONS,
    tokensVersion: '1',
    ...options,
  });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return store;
}

/** A unit vector that depends on `text` alone; different texts are far apart. */
export function vectorFor(text: string, dimensions = DIMENSIONS): Float32Array {
  const bytes = createHash('sha256').update(text).digest();
  const values = Float32Array.from({ length: dimensions }, (_, i) => bytes.readInt16LE(i * 2));
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

export function passage(overrides: Partial<Passage> = {}): Passage {
  const text = overrides.text ?? 'Paid leave is twenty days.';
  const documentId = overrides.documentId ?? 'leave.md';
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return {
    id: `${documentId}#${hash}`,
    documentId,
    revision: '0123456789abcdef',
    title: 'Leave',
    section: '',
    context: '',
    text,
    start: 0,
    end: text.length,
    position: 0,
    page: null,
    language: 'en',
    access: ['group:everyone'],
    updated: null,
    supersededBy: null,
    disclaimer: 'none',
    ...overrides,
  };
}

/** Tokens: the words of the text, lower case; vector: `vectorFor(text)`. */
export function indexed(overrides: Partial<Passage> = {}): IndexedPassage {
  const made = passage(overrides);
  return {
    passage: made,
    embeddedText: made.text,
    tokens: made.text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [],
    embedding: vectorFor(made.text),
  };
}
