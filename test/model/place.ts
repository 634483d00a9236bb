import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatModelOfProfile } from '../../src/models/manifest.js';

export const root = join(import.meta.dirname, '../..');
/** Models are fetched as a user would, once: they stay in here. */
export const modelsDir = process.env['KAKEHASHI_MODEL_CACHE'] ?? join(root, 'data/models');
export const starter = chatModelOfProfile('starter');

/** A fresh folder whose `data/models` is the common one. */
export function openPlace(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kakehashi-${name}-`));
  mkdirSync(join(folder, 'data'));
  mkdirSync(modelsDir, { recursive: true });
  symlinkSync(modelsDir, join(folder, 'data', 'models'));
  return folder;
}

/** Settings of a run of the command line in such a folder. */
export function settingsIn(folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    KAKEHASHI_DATA: join(folder, 'data'),
    KAKEHASHI_CORPORA: join(folder, 'corpora'),
    KAKEHASHI_LOG_LEVEL: 'silent',
  };
}
