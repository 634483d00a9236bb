import { describe, expect, it } from 'vitest';
import { openOriginal } from '../../src/answer/open-original.js';
import type { StoredDocument } from '../../src/store/passage.js';
import { hit } from './fixtures.js';

const document: StoredDocument = {
  corpus: 'manuals',
  id: 'fan',
  revision: '0123456789abcdef',
  title: 'Fan',
  language: 'en',
  access: ['group:service'],
  updated: null,
  supersededBy: null,
  url: null,
  source: 'parts/fan.pdf',
  text: 'Change it.',
};
const open = (changes: Partial<StoredDocument>, access: string[], file: string | null = '/o/1') =>
  openOriginal(
    {
      stored: (_, id) => (id === 'fan' ? { ...document, ...changes } : null),
      published: async () => [hit({ access: document.access })],
      find: () => file,
    },
    { corpus: 'manuals', id: changes.id ?? 'fan', revision: null },
    { id: 'p', access, readsAll: false },
  );

describe('openOriginal', () => {
  it('gives place, type and name of the file', async () => {
    expect(await open({}, ['group:service'])).toEqual({
      file: '/o/1',
      mediaType: 'application/pdf',
      name: 'fan.pdf',
    });
  });

  it('says the same of a file that is withheld, not kept, of no such kind, and of none', async () => {
    const refused = { code: 'document.not_found' };
    const problems = [
      () => open({}, ['group:everyone']),
      () => open({}, ['group:service'], null),
      () => open({ source: 'fan.md' }, ['group:service']),
      () => open({ id: 'other' }, ['group:service']),
    ];
    for (const problem of problems) await expect(problem()).rejects.toMatchObject(refused);
  });
});
