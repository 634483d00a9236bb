import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFiles } from '../../src/ingest/list-files.js';
import { prepareFile } from '../../src/ingest/prepare-file.js';
import { DEFAULT_ACTIONS } from '../../src/ingest/protect.js';
import { readSidecar } from '../../src/ingest/sidecar.js';
import { SourceSettings } from '../../src/ingest/sources/source.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kakehashi-sidecar-'));
  await writeFile(join(folder, 'notes.txt'), 'The fan is changed every two years.');
});
afterEach(() => rm(folder, { recursive: true }));

async function prepared(sidecar: string | Buffer) {
  await writeFile(join(folder, 'notes.txt.meta.yaml'), sidecar);
  const { files } = await listFiles(folder);
  expect(files.map(({ path }) => path)).toEqual(['notes.txt']);
  const failures: unknown[] = [];
  const corpus = {
    name: 'manuals',
    settingsFor: () => ({ access: ['group:everyone'], disclaimer: 'none' as const }),
    personalData: { actions: DEFAULT_ACTIONS, ownDomains: [] },
    source: null,
  };
  const documents = await prepareFile(files[0] as (typeof files)[0], {
    corpus,
    fail: (...failure) => failures.push(failure),
  });
  return { document: documents[0]?.document, failures };
}

describe('a sidecar', () => {
  it('states about a file what a front matter would, and is no document', async () => {
    const { document } = await prepared(
      'title: Fans\naccess: [group:service]\nupdated: 2025-04-01\nsuperseded_by: fans-2.txt\n',
    );
    expect(document).toMatchObject({
      title: 'Fans',
      access: ['group:service'],
      updated: '2025-04-01',
      supersededBy: 'fans-2.txt',
    });
  });

  it('that cannot be understood keeps its document out, the earlier version too', async () => {
    const faulty = [
      'acces: [group:service]',
      'access: [group:service',
      '- a list',
      Buffer.from([0xff, 0x00]),
      'a: b\n'.repeat(20_000),
    ];
    for (const sidecar of faulty) {
      const { document, failures } = await prepared(sidecar);
      expect(document).toBeUndefined();
      expect(failures).toEqual([
        ['notes.txt', expect.stringContaining('not valid'), { withdraws: true }],
      ]);
    }
    const { failures } = await prepared('access: everybody\n');
    expect(failures).toMatchObject([['notes.txt', expect.any(String), { withdraws: true }]]);
  });

  it('lies beside a link where there is one, else beside what it leads to', async () => {
    await writeFile(join(folder, 'notes.txt.meta.yaml'), 'access: [group:service]\n');
    await symlink('notes.txt', join(folder, 'link.txt'));
    const rights = async () => {
      const { files } = await listFiles(folder);
      const link = files.find(({ path }) => path === 'link.txt');
      return link === undefined ? undefined : (await readSidecar(link))?.access;
    };
    expect(await rights()).toEqual(['group:service']);
    await writeFile(join(folder, 'link.txt.meta.yaml'), 'access: [group:hr]\n');
    expect(await rights()).toEqual(['group:hr']);
  });

  it('that belongs to no file is reported: its name may be mistyped', async () => {
    await writeFile(join(folder, 'note.txt.meta.yaml'), 'access: [group:service]\n');
    expect((await listFiles(folder)).skipped).toEqual([
      { path: 'note.txt.meta.yaml', reason: expect.stringContaining('no note.txt') },
    ]);
  });

  it('counts for a page of the web, whose own word on rights and id does not', async () => {
    await writeFile(
      join(folder, 'page.md'),
      '---\nid: handbook\naccess: [group:everyone]\ntitle: Fans\n---\nThe fan is changed.\n',
    );
    const web = SourceSettings.parse({ kind: 'web', start: 'https://example.com/' });
    const { files } = await listFiles(folder);
    const corpus = {
      name: 'site',
      settingsFor: () => ({ access: ['group:staff'], disclaimer: 'none' as const }),
      personalData: { actions: DEFAULT_ACTIONS, ownDomains: [] },
      source: web,
    };
    const page = files.find(({ path }) => path === 'page.md') as (typeof files)[0];
    const [prepared] = await prepareFile(page, { corpus, fail: () => undefined });
    expect(prepared?.document).toMatchObject({
      id: 'page.md',
      title: 'Fans',
      access: ['group:staff'],
    });
  });
});
