import { expect, test } from 'vitest';
import { sendsQuestion } from '../../src/ui/lib/keys.js';
import {
  firstOfEachDocument,
  groupSources,
  placeOfMarker,
  withoutNearestLine,
} from '../../src/ui/lib/sources.js';
import {
  type Conversation,
  type ConversationAction,
  EMPTY_CONVERSATION,
  isAnswering,
  reduceConversation,
} from '../../src/ui/lib/turns.js';
import { ABSTAINED, CITED } from './fixtures.js';

const ask: ConversationAction = { type: 'ask', question: '有休は？', corpora: [] };

function after(...actions: ConversationAction[]): Conversation {
  return actions.reduce(reduceConversation, EMPTY_CONVERSATION);
}

test('gathers the words and replaces them by the final answer', () => {
  const delta = (text: string): ConversationAction => ({
    type: 'event',
    event: { event: 'delta', data: { text } },
  });
  const writing = after(ask, delta('有'), delta('休'));
  expect(writing.turns[0]).toMatchObject({ status: 'writing', text: '有休' });
  const done = reduceConversation(writing, {
    type: 'event',
    event: { event: 'done', data: CITED },
  });
  expect(done.turns[0]).toMatchObject({ status: 'done', text: CITED.answer });
  expect(done.id).toBe(CITED.conversation_id);
  expect(isAnswering(done)).toBe(false);
});

test('what arrives after Stop changes nothing', () => {
  const stopped = after(ask, { type: 'stop' });
  const late: ConversationAction = {
    type: 'event',
    event: { event: 'delta', data: { text: 'x' } },
  };
  expect(reduceConversation(stopped, late)).toBe(stopped);
});

test('asking again empties the turn, and drops a conversation the server has forgotten', () => {
  const failure = { code: 'conversation.not_found', detail: '' };
  const first: ConversationAction = { type: 'event', event: { event: 'done', data: CITED } };
  const failed = after(ask, first, ask, { type: 'fail', failure });
  expect(failed.id).toBeNull();
  const retried = reduceConversation(failed, { type: 'retry' });
  expect(retried.turns.map((turn) => turn.status)).toEqual(['done', 'waiting']);
  expect(retried.turns[1]).toMatchObject({ failure: null, text: '' });
});

test('a marker opens its verified quote first', () => {
  const [first] = CITED.citations;
  if (first === undefined) throw new Error('no citation');
  const citations = [{ ...first, verified: false, start: 0 }, first];
  const turn = { ...after(ask).turns[0], citations } as Parameters<typeof placeOfMarker>[0];
  expect(placeOfMarker(turn, first.marker)?.start).toBe(first.start);
  expect(groupSources(citations)).toMatchObject([{ marker: 1, citations }]);
});

test('an abstention does not name the nearest documents twice', () => {
  expect(withoutNearestLine(ABSTAINED.answer, ABSTAINED.nearest).split('\n')).toHaveLength(2);
  expect(withoutNearestLine(ABSTAINED.answer, [])).toBe(ABSTAINED.answer);
});

test('Enter sends, except with Shift or while an input method composes', () => {
  const press = { key: 'Enter', shiftKey: false, isComposing: false, keyCode: 13 };
  expect(sendsQuestion(press)).toBe(true);
  expect(sendsQuestion({ ...press, shiftKey: true })).toBe(false);
  expect(sendsQuestion({ ...press, isComposing: true })).toBe(false);
  expect(sendsQuestion({ ...press, keyCode: 229 })).toBe(false);
});

test('names each document once, by its first passage', () => {
  const passage = (corpus: string, document_id: string, start: number) => ({
    corpus,
    document_id,
    title: document_id,
    section: '',
    revision: '0123456789abcdef',
    start,
    end: start + 10,
  });
  const passages = [passage('a', 'x', 0), passage('a', 'x', 50), passage('b', 'x', 7)];
  expect(firstOfEachDocument(passages).map(({ start }) => start)).toEqual([0, 7]);
});
