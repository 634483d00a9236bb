import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AnswerResponse } from '../../src/schemas.js';
import { openDatabase } from '../../src/store/database.js';
import type { StoredDocument } from '../../src/store/passage.js';
import { openRecords, type Records } from '../../src/store/records.js';
import { temporaryFolder } from './fixtures.js';

async function openTestRecords(now?: () => Date): Promise<Records> {
  const records = openRecords(
    join(await temporaryFolder(), 'records.db'),
    now === undefined ? {} : { now },
  );
  onTestFinished(() => records.close());
  return records;
}

const document = (overrides: Partial<StoredDocument> = {}): StoredDocument => ({
  corpus: 'hr',
  id: 'leave.md',
  revision: '0000000000000001',
  title: '休暇',
  language: 'ja',
  access: ['group:everyone'],
  updated: null,
  supersededBy: null,
  url: null,
  source: 'leave.md',
  text: "it's 有給\u0001 text",
  ...overrides,
});

const answer = (overrides: Partial<AnswerResponse> = {}): AnswerResponse => ({
  id: randomUUID(),
  conversation_id: randomUUID(),
  outcome: 'answered',
  answer: 'Twenty days. [1]',
  structured: null,
  language: 'en',
  citations: [
    {
      marker: 1,
      corpus: 'hr',
      document_id: 'leave.md',
      title: 'Leave',
      section: '',
      page: null,
      revision: '0000000000000001',
      quote: 'SECRET QUOTE',
      start: 0,
      end: 12,
      verified: true,
    },
  ],
  uncited: [],
  nearest: [],
  decision: {
    arm: 'retrieve',
    adapter: null,
    confidence: 0.8,
    reasons: ['It stands in a document.'],
    considered: [],
    evidence: { dense_top: 0.5 },
  },
  model: { name: 'm', sha256: 's' },
  index: [{ corpus: 'hr', version: 3 }],
  usage: { prompt_tokens: 1, cached_tokens: 0, completion_tokens: 1 },
  timings_ms: { queue: 0, embed: 0, search: 0, decide: 0, prefill: 0, generate: 0, total: 0 },
  disclaimer: null,
  ...overrides,
});

describe('documents', () => {
  it('keeps each revision and gives the one saved last', async () => {
    const { documents } = await openTestRecords();
    const first = document();
    const second = document({ revision: '0000000000000002', text: 'new' });
    documents.save([first]);
    documents.save([second]);
    expect(documents.get('hr', 'leave.md', first.revision)).toEqual(first);
    expect(documents.get('hr', 'leave.md', null)).toEqual(second);
    documents.save([{ ...first, source: 'moved/leave.md' }]);
    expect(documents.get('hr', 'leave.md', null)).toMatchObject({
      revision: first.revision,
      source: 'moved/leave.md',
    });
    expect([...documents.sources('hr')]).toEqual([['leave.md', 'moved/leave.md']]);
    expect(documents.get('other', 'leave.md', null)).toBeNull();
  });

  it('prunes revisions that no kept version names', async () => {
    const { documents } = await openTestRecords();
    documents.save([document(), document({ revision: '0000000000000002' })]);
    documents.save([document({ corpus: 'other' })]);
    const inUse = new Map([['leave.md', new Set(['0000000000000002'])]]);
    expect(documents.prune('hr', inUse)).toBe(1);
    expect(documents.get('hr', 'leave.md', '0000000000000001')).toBeNull();
    expect(documents.get('other', 'leave.md', null)).not.toBeNull();
  });

  it('erases every revision and remembers that it did', async () => {
    const { documents } = await openTestRecords();
    documents.save([document(), document({ revision: '0000000000000002' })]);
    expect([documents.wasErased('hr', 'leave.md'), documents.newestErasure()]).toEqual([false, 0]);
    expect(documents.erase('hr', 'leave.md')).toBe(2);
    expect(documents.get('hr', 'leave.md', null)).toBeNull();
    expect([documents.wasErased('hr', 'leave.md'), documents.newestErasure()]).toEqual([true, 1]);
    expect(documents.wasErased('other', 'leave.md')).toBe(false);
  });

  it('saves all of a batch or nothing', async () => {
    const { documents } = await openTestRecords();
    const broken = { ...document({ id: 'b' }), revision: 'no revision' };
    expect(() => documents.save([document(), broken])).toThrow();
    expect(documents.list('hr')).toEqual([]);
  });
});

describe('conversations', () => {
  it('gives the last turn to its owner and to nobody else', async () => {
    const { conversations } = await openTestRecords();
    const id = randomUUID();
    const turn = (question: string) => ({ question, answer: 'a', answerId: randomUUID() });
    expect(() => conversations.lastTurn(id, { id: 'ann' })).toThrow(/conversation/u);
    conversations.append(id, { id: 'ann' }, turn('first'));
    conversations.append(id, { id: 'ann' }, turn('second'));
    expect(conversations.lastTurn(id, { id: 'ann' })).toMatchObject({ question: 'second' });
    for (const intrude of [
      () => conversations.lastTurn(id, { id: 'bob' }),
      () => conversations.append(id, { id: 'bob' }, turn('mine')),
    ]) {
      expect(intrude).toThrow(expect.objectContaining({ code: 'conversation.not_found' }));
    }
    expect(conversations.lastTurn(id, { id: 'ann' })).toMatchObject({ question: 'second' });
  });

  it('forgets conversations that nobody continued, to the last byte', async () => {
    const file = join(await temporaryFolder(), 'records.db');
    const clock = { now: new Date('2026-01-01T00:00:00Z') };
    const records = openRecords(file, { now: () => clock.now });
    onTestFinished(() => records.close());
    const { conversations } = records;
    const ann = { id: 'ann' };
    const turn = (question: string) => ({ question, answer: 'a', answerId: randomUUID() });
    conversations.append('old', ann, turn('Zzyzx?'));
    conversations.append('continued', ann, turn('first'));
    expect(readFileSync(file).includes('Zzyzx')).toBe(true);
    clock.now = new Date('2026-02-01T00:00:00Z');
    conversations.append('continued', ann, turn('second'));
    expect(conversations.removeUnchangedSince(new Date('2026-01-15T00:00:00Z'))).toBe(1);
    expect(conversations.lastTurn('continued', ann)).toMatchObject({ question: 'second' });
    expect(() => conversations.lastTurn('old', ann)).toThrow(/conversation/u);
    expect(readFileSync(file).includes('Zzyzx')).toBe(false);
  });
});

describe('decisions and feedback', () => {
  it('keeps no text unless told to, and never a quote', async () => {
    const folder = await temporaryFolder();
    const records = openRecords(join(folder, 'records.db'));
    onTestFinished(() => records.close());
    const silent = answer();
    records.decisions.put(silent, { principal: 'ann', question: null });
    expect(records.decisions.get(silent.id)).toMatchObject({
      question: null,
      answer: null,
      details: { decision: { arm: 'retrieve' }, citations: [{ document_id: 'leave.md' }] },
    });
    const told = answer();
    records.decisions.put(told, { principal: 'ann', question: 'How many days?' });
    expect(records.decisions.get(told.id)).toMatchObject({
      question: 'How many days?',
      answer: 'Twenty days. [1]',
    });
    expect(JSON.stringify(records.decisions.list({ limit: 10 }))).not.toContain('SECRET');
  });

  it('forgets recorded texts and comments after their time, to the last byte, and keeps the rest', async () => {
    const file = join(await temporaryFolder(), 'records.db');
    const clock = { now: new Date('2026-01-01T00:00:00Z') };
    const records = openRecords(file, { now: () => clock.now });
    onTestFinished(() => records.close());
    const { decisions, feedback } = records;
    const [old, fresh] = [answer(), answer()];
    decisions.put(old, { principal: 'ann', question: 'Zzyzx?' });
    feedback.put({ answer_id: old.id, helpful: false, comment: 'Not Xyzzy' });
    clock.now = new Date('2026-02-01T00:00:00Z');
    decisions.put(fresh, { principal: 'ann', question: 'How many days?' });
    expect(decisions.removeTextsBefore(new Date('2026-01-15T00:00:00Z'))).toBe(1);
    expect(decisions.get(old.id)).toMatchObject({
      question: null,
      answer: null,
      feedback: { helpful: false, comment: null },
      details: { decision: { arm: 'retrieve' } },
    });
    expect(decisions.get(fresh.id)?.question).toBe('How many days?');
    const bytes = readFileSync(file);
    expect(['Zzyzx', 'Xyzzy'].some((word) => bytes.includes(word))).toBe(false);
  });

  it('takes the last word on an answer and refuses one on an unknown answer', async () => {
    const { decisions, feedback } = await openTestRecords();
    const given = answer();
    decisions.put(given, { principal: 'ann', question: null });
    feedback.put({ answer_id: given.id, helpful: true });
    feedback.put({ answer_id: given.id, helpful: false, comment: 'wrong year' });
    expect(decisions.list({ limit: 5, helpful: false })).toMatchObject([
      { id: given.id, feedback: { helpful: false, comment: 'wrong year' } },
    ]);
    expect(feedback.count(new Date(0))).toEqual({ helpful: 0, unhelpful: 1 });
    expect(() => feedback.put({ answer_id: randomUUID(), helpful: true })).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    );
  });
});

describe('runs', () => {
  it('marks a run that never finished as interrupted when the next one starts', async () => {
    const { runs } = await openTestRecords();
    runs.start('hr');
    const other = runs.start('product');
    const second = runs.start('hr');
    runs.finish(second, { status: 'done', counts: { added: 3 } });
    expect(runs.list({ corpus: 'hr', limit: 5 })).toMatchObject([
      { id: second, status: 'done', counts: { added: 3 } },
      { status: 'interrupted' },
    ]);
    expect(runs.list({ corpus: 'product', limit: 5 })).toMatchObject([
      { id: other, status: 'running', finished: null },
    ]);
  });
});

describe('the file', () => {
  it('keeps what was written when it is opened again', async () => {
    const file = join(await temporaryFolder(), 'deep', 'records.db');
    const first = openRecords(file);
    first.documents.save([document()]);
    first.close();
    const second = openRecords(file);
    expect(second.documents.list('hr')).toHaveLength(1);
    second.close();
  });

  it('lets two processes read and write in turn', async () => {
    const file = join(await temporaryFolder(), 'records.db');
    const [one, other] = [openRecords(file), openRecords(file)];
    one.documents.save([document()]);
    other.documents.save([document({ id: 'b' })]);
    expect(one.documents.list('hr').map(({ id }) => id)).toEqual(['b', 'leave.md']);
    one.close();
    other.close();
  });

  it('is refused when a newer version wrote it', async () => {
    const file = join(await temporaryFolder(), 'records.db');
    const newer = openDatabase(
      file,
      Array.from({ length: 99 }, () => 'SELECT 1'),
    );
    newer.close();
    expect(() => openRecords(file)).toThrow(expect.objectContaining({ code: 'data.newer_schema' }));
  });

  it('uses no write-ahead log', async () => {
    const file = join(await temporaryFolder(), 'records.db');
    const database = openDatabase(file, []);
    expect(database.get('PRAGMA journal_mode')).toMatchObject({ journal_mode: 'truncate' });
    expect(database.get('PRAGMA synchronous')).toMatchObject({ synchronous: 2 });
    database.close();
  });

  it('is reported as damaged when it is no database', async () => {
    const file = join(await temporaryFolder(), 'records.db');
    writeFileSync(file, 'x'.repeat(4096));
    expect(() => openRecords(file)).toThrow(expect.objectContaining({ code: 'store.invalid_row' }));
  });
});

describe('adapter events', () => {
  it('keeps them in order, per adapter, with the newest id', async () => {
    const { adapters } = await openTestRecords();
    expect(adapters.newest()).toBe(0);
    const common = { share: null, reason: null, principal: 'local' };
    const first = adapters.add({ ...common, name: 'a', action: 'promote', sha256: 'f'.repeat(64) });
    adapters.add({ ...common, name: 'b', action: 'canary', sha256: 'e'.repeat(64), share: 10 });
    const last = adapters.add({
      ...common,
      name: 'a',
      action: 'disable',
      sha256: null,
      reason: 'wrong tone',
    });
    expect(adapters.list({ name: 'a' })).toEqual([first, last]);
    expect(adapters.list()).toHaveLength(3);
    expect(adapters.newest()).toBe(last.id);
  });
});
