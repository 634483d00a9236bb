import { expect, it } from 'vitest';
import {
  decideRestart,
  DEFAULT_RESTART_POLICY,
  withoutForgiven,
} from '../../src/engine/restart-policy.js';

const decide = (...seconds: number[]) =>
  decideRestart(
    seconds.map((second) => ({ timeMs: second * 1000, adapter: null })),
    DEFAULT_RESTART_POLICY,
  );

it('restarts at once after a first crash and slower after a second', () => {
  expect(decide(100)).toEqual({ delayMs: 50, breakerOpen: false });
  expect(decide(100, 130)).toEqual({ delayMs: 100, breakerOpen: false });
});

it('opens the breaker at the third crash within a minute', () => {
  expect(decide(100, 130, 159)).toEqual({ delayMs: 30_000, breakerOpen: true });
});

it('forgets crashes older than a minute', () => {
  expect(decide(100, 130, 190)).toEqual({ delayMs: 50, breakerOpen: false });
});

it('forgives the crashes before an answer, except those of another adapter', () => {
  const crashes = [
    { timeMs: 1, adapter: null },
    { timeMs: 2, adapter: 'tone' },
    { timeMs: 3, adapter: 'killer' },
  ];
  expect(withoutForgiven(crashes, 'tone')).toEqual([{ timeMs: 3, adapter: 'killer' }]);
  expect(withoutForgiven(crashes, null).map(({ adapter }) => adapter)).toEqual(['tone', 'killer']);
});
