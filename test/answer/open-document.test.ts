import { describe, expect, it } from 'vitest';
import { openDocument } from '../../src/answer/open-document.js';
import type { OriginalNeeds } from '../../src/answer/open-original.js';
import type { StoredDocument } from '../../src/store/passage.js';
import { hit } from './fixtures.js';

const document: StoredDocument = {
  corpus: 'handbook',
  id: 'travel',
  revision: '0123456789abcdef',
  title: 'Travel expenses',
  language: 'en',
  access: ['group:hr'],
  updated: null,
  supersededBy: null,
  url: null,
  source: 'travel.md',
  text: 'The limit is 11,000 yen.',
};
const needs: OriginalNeeds = {
  stored: (_, id, revision) => (id === 'travel' ? { ...document, revision } : null),
  find: () => null,
  published: async () => [hit({ access: ['group:hr'] })],
};
const open = (id: string, access: string[], { readsAll = false, revision = '' } = {}) =>
  openDocument(
    needs,
    { corpus: 'handbook', id, revision: revision || null },
    { id: 'p', access: ['group:everyone', ...access], readsAll },
  );

describe('openDocument', () => {
  it('gives text and the places of the passages of that revision', async () => {
    const opened = await open('travel', ['group:hr']);
    expect(opened.text).toBe(document.text);
    expect(opened.passages.map(({ id }) => id)).toEqual(['travel#1']);
  });

  it('gives no places in another revision than the published one', async () => {
    const opened = await open('travel', ['group:hr'], { revision: 'fedcba9876543210' });
    expect(opened).toMatchObject({ revision: 'fedcba9876543210', passages: [] });
  });

  it('says the same of a document that is withheld and of one that never was', async () => {
    const problem = { code: 'document.not_found', message: 'There is no such document.' };
    await expect(open('travel', [])).rejects.toMatchObject(problem);
    await expect(open('nothing', ['group:hr'])).rejects.toMatchObject(problem);
  });

  it('lets the local maintainer read everything', async () => {
    expect((await open('travel', [], { readsAll: true })).id).toBe('travel');
  });
});
