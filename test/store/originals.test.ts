import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOriginals } from '../../src/store/originals.js';
import { openRecords, type Records } from '../../src/store/records.js';

let folder: string;
let records: Records;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kakehashi-originals-'));
  records = openRecords(join(folder, 'records.db'));
});
afterEach(async () => {
  records.close();
  await rm(folder, { recursive: true });
});

const document = (id: string, revision: string) => ({
  corpus: 'manuals',
  id,
  revision,
  title: id,
  language: 'en' as const,
  access: ['group:everyone'],
  updated: null,
  supersededBy: null,
  url: null,
  source: id,
  text: 'text',
});

async function kept(...contents: [id: string, revision: string, content: string][]) {
  const originals = openOriginals(join(folder, 'originals'), records.originals);
  for (const [id, revision, content] of contents) {
    const stored = document(id, revision);
    records.documents.save([stored]);
    await writeFile(join(folder, 'file'), content);
    await originals.keep(stored, join(folder, 'file'));
  }
  return originals;
}

describe('originals', () => {
  it('keep the file of each revision, the same content once', async () => {
    const originals = await kept(
      ['a.pdf', '0000000000000001', 'one'],
      ['a.pdf', '0000000000000002', 'two'],
      ['copy.pdf', '0000000000000003', 'one'],
    );
    const first = originals.find(document('a.pdf', '0000000000000001'));
    expect(await readFile(first ?? '', 'utf8')).toBe('one');
    expect(originals.find(document('copy.pdf', '0000000000000003'))).toBe(first);
    expect(originals.find(document('b.pdf', '0000000000000001'))).toBeNull();
    expect(await readdir(join(folder, 'originals/manuals'))).toHaveLength(2);
  });

  it('go with the revisions that are no longer stored, shared ones with the last', async () => {
    const originals = await kept(
      ['a.pdf', '0000000000000001', 'one'],
      ['copy.pdf', '0000000000000003', 'one'],
    );
    const file = originals.find(document('a.pdf', '0000000000000001')) ?? '';
    records.documents.erase('manuals', 'a.pdf');
    await originals.prune('manuals');
    expect(existsSync(file)).toBe(true);
    expect(originals.find(document('a.pdf', '0000000000000001'))).toBeNull();
    records.documents.erase('manuals', 'copy.pdf');
    await originals.prune('manuals');
    expect(await readdir(join(folder, 'originals/manuals'))).toEqual([]);
  });

  it('leave nothing half written when a file cannot be read', async () => {
    const originals = await kept(['a.pdf', '0000000000000001', 'one']);
    const other = document('b.pdf', '0000000000000001');
    await expect(originals.keep(other, join(folder, 'nowhere'))).rejects.toThrow(/ENOENT/u);
    expect(originals.find(other)).toBeNull();
    expect(await readdir(join(folder, 'originals/manuals'))).toHaveLength(1);
  });
});
