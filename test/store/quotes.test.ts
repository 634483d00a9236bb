import { describe, expect, it } from 'vitest';
import { openRecords } from '../../src/store/records.js';
import { response } from '../eval/response.js';
import { temporaryFolder } from './fixtures.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const principal = { id: 'p', access: [], readsAll: true };

describe('erasing quotes', () => {
  it('empties answers that cite the document, and leaves no byte of them in the file', async () => {
    const file = join(await temporaryFolder(), 'records.db');
    const records = openRecords(file);
    const give = (id: string, documentId: string, answer: string) => {
      const given = response({
        id,
        answer,
        citations: [{ document_id: documentId, verified: true }],
      });
      records.decisions.put(given, { principal: 'p', question: 'What does it say?' });
      records.conversations.append(id, principal, { question: 'What?', answer, answerId: id });
      records.feedback.put({ answer_id: id, helpful: false, comment: `not ${answer}` });
    };
    give('00000000-0000-4000-8000-00000000000a', 'secret.md', 'Zzyzx canary.');
    give('00000000-0000-4000-8000-00000000000b', 'open.md', 'Open to all.');
    expect(await readFile(file)).toSatisfy((bytes: Buffer) => bytes.includes('Zzyzx'));

    expect(records.quotes.erase('handbook', 'secret.md')).toBe(1);
    records.compact();
    const [first, second] = ['a', 'b'].map((last) => `00000000-0000-4000-8000-00000000000${last}`);
    expect(records.conversations.lastTurn(first ?? '', principal)).toMatchObject({ answer: '' });
    expect(records.conversations.lastTurn(second ?? '', principal)?.answer).toBe('Open to all.');
    expect(records.decisions.get(first ?? '')).toMatchObject({
      answer: null,
      question: 'What does it say?',
      feedback: { helpful: false, comment: null },
    });
    expect(records.quotes.erase('other', 'open.md')).toBe(0);
    records.close();
    expect(await readFile(file)).toSatisfy((bytes: Buffer) => !bytes.includes('Zzyzx'));
  });
});
