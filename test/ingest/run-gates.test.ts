import { describe, expect, test } from 'vitest';
import { runFaults } from '../../src/ingest/run-gates.js';

const limits = { removedShare: 0.3, failedShare: 0.2, shrunkShare: 0.3 };

/** Passages of ten documents. */
const ten = (passagesOf: (at: number) => number) =>
  new Map(Array.from({ length: 10 }, (_, at) => [`d${at}`, passagesOf(at)]));
const live = ten(() => 10);

function faults(next: ReadonlyMap<string, number>, removed: string[] = []): string[] {
  return runFaults(live.size, { removed, unread: 0 }, { live, next }, limits);
}

describe('runFaults', () => {
  test('counts the documents that were left with less than half of their passages', () => {
    expect(faults(ten((at) => (at < 5 ? 4 : 10)))).toEqual([
      '5 of 10 documents shrank to less than half of their passages (50 %), such as d0',
    ]);
    expect(faults(ten((at) => (at < 5 ? 5 : 10)))).toEqual([]);
  });

  test('counts all passages, so that many small losses are seen', () => {
    expect(faults(ten(() => 6))).toEqual(['the passages fell from 100 to 60 (by 40 %)']);
    expect(faults(ten(() => 7))).toEqual([]);
  });

  test('counts all passages, so that few documents that held most of them are missed', () => {
    const small = Array.from({ length: 20 }, (_, at): [string, number] => [`note${at}`, 1]);
    const large = [...ten(() => 100)].slice(0, 5);
    const removed = large.map(([id]) => id);
    const passages = { live: new Map([...large, ...small]), next: new Map(small) };
    expect(runFaults(25, { removed, unread: 0 }, passages, limits)).toEqual([
      'the passages fell from 520 to 20 (by 96 %)',
    ]);
  });

  test('lets a few documents shrink or go whatever share they are', () => {
    expect(faults(ten((at) => (at < 4 ? 1 : 10)))).toEqual([]);
    const without = new Map([...live].slice(4));
    expect(faults(without, ['d0', 'd1', 'd2', 'd3'])).toEqual([]);
  });

  test('finds no fault with the first version', () => {
    const none = new Map<string, number>();
    const passages = { live: none, next: live };
    expect(runFaults(0, { removed: [], unread: 0 }, passages, limits)).toEqual([]);
  });

  test('counts the documents that can no longer be read', () => {
    const passages = { live, next: live };
    const found = (unread: number) => runFaults(10, { removed: [], unread }, passages, limits);
    expect(found(6)).toEqual(['6 documents could not be read (60 %)']);
    expect(found(0)).toEqual([]);
  });
});
