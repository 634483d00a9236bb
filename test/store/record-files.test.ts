import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRecords } from '../../src/store/records.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kakehashi-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('file records', () => {
  it('keep what a file came to, by corpus, until it is gone', () => {
    const records = openRecords(join(folder, 'records.db'));
    const file = {
      mark: 'one',
      documents: [{ id: 'a.md', revision: '0123456789abcdef', sketch: [1, 2] }],
      personal: { phone: 1 },
    };
    records.files.save('manuals', 'a.md', file);
    records.files.save('manuals', 'b.md', file);
    records.files.save('rules', 'a.md', file);
    records.files.save('manuals', 'a.md', { ...file, mark: 'two' });
    expect(records.files.known('manuals').get('a.md')).toEqual({ ...file, mark: 'two' });
    records.files.keep('manuals', new Set(['a.md']));
    expect([...records.files.known('manuals').keys()]).toEqual(['a.md']);
    expect([...records.files.known('rules').keys()]).toEqual(['a.md']);
    records.close();
  });
});
