import { expect, it } from 'vitest';
import { decideRestart, DEFAULT_RESTART_POLICY } from '../../src/engine/restart-policy.js';

const decide = (...seconds: number[]) =>
  decideRestart(
    seconds.map((second) => second * 1000),
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
