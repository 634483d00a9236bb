import { describe, expect, it } from 'vitest';
import { diffVersions } from '../../src/store/diff-versions.js';
import { UNRESTRICTED } from '../../src/store/filter.js';
import { indexed, openTestStore } from './fixtures.js';

describe('diffVersions', () => {
  it('names documents and sections that were added, removed and changed', async () => {
    const store = await openTestStore();
    const writer = await store.writer('hr');
    const of = (documentId: string, section: string, text: string) =>
      indexed({ documentId, section, text });
    await writer.apply({
      upsert: [
        of('same.md', 'One', 'Nothing changes here.'),
        of('old.md', '', 'It goes.'),
        of('pay.md', 'Rates', 'The rate is 10.'),
        of('pay.md', 'Dates', 'On the 25th.'),
        of('pay.md', 'Forms', 'Form 4.'),
      ],
      deleteDocuments: [],
    });
    await writer.publish();
    await writer.apply({
      upsert: [
        of('pay.md', 'Rates', 'The rate is 11.'),
        of('pay.md', 'Dates', 'On the 25th.'),
        of('pay.md', 'Bonus', 'Twice a year.'),
        of('new.md', '', 'It comes.'),
      ],
      deleteDocuments: ['old.md'],
    });
    await writer.publish();
    await writer.release();
    const diff = diffVersions(await store.outline('hr', 1), await store.outline('hr', 2));
    expect(diff).toEqual({
      added: ['new.md'],
      removed: ['old.md'],
      changed: [
        { id: 'pay.md', sections: { added: ['Bonus'], removed: ['Forms'], changed: ['Rates'] } },
      ],
      unchanged: 1,
    });

    await using earlier = await store.readerAt('hr', 1);
    const texts = async (reader: typeof earlier) =>
      (await reader.passagesOf('pay.md', UNRESTRICTED)).map(({ text }) => text);
    expect(await texts(earlier)).toContain('The rate is 10.');
    await using snapshot = await earlier.snapshot();
    expect(snapshot.publication.version).toBe(1);
    await expect(store.readerAt('hr', 9)).rejects.toMatchObject({ code: 'store.version_missing' });
  });
});
