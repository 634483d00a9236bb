import { expect, it } from 'vitest';
import { isStalled, readCpuMs } from '../../src/engine/stall-watch.js';

it('takes a process that neither reports nor computes for hung', () => {
  expect(isStalled({ moveMs: 15_000, cpuMs: 15_000, limitMs: 15_000 })).toBe(true);
  expect(isStalled({ moveMs: 14_999, cpuMs: 60_000, limitMs: 15_000 })).toBe(false);
});

it('gives a process that computes on a crowded machine more time, but not for ever', () => {
  expect(isStalled({ moveMs: 60_000, cpuMs: 200, limitMs: 15_000 })).toBe(false);
  expect(isStalled({ moveMs: 120_000, cpuMs: 200, limitMs: 15_000 })).toBe(true);
});

it.skipIf(process.platform !== 'linux')('reads the processor time of a process', () => {
  const before = readCpuMs(process.pid) ?? 0;
  const until = performance.now() + 60;
  while (performance.now() < until);
  expect(readCpuMs(process.pid)).toBeGreaterThan(before);
  expect(readCpuMs(2 ** 30)).toBeNull();
});
