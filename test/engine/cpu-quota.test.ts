import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveCpuQuota } from '../../src/engine/cpu-quota.js';

describe('resolveCpuQuota', () => {
  let cgroupRoot: string;
  beforeEach(() => {
    cgroupRoot = mkdtempSync(join(tmpdir(), 'kakehashi-cgroup-'));
  });
  afterEach(() => rmSync(cgroupRoot, { recursive: true }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(cgroupRoot, path)), { recursive: true });
    writeFileSync(join(cgroupRoot, path), text);
  };

  it('takes all cores without a quota', () => {
    expect(resolveCpuQuota({ cores: 8, cgroupRoot })).toBe(8);
    write('cpu.max', 'max 100000\n');
    expect(resolveCpuQuota({ cores: 8, cgroupRoot })).toBe(8);
  });

  it('obeys a version 2 quota, rounded down and never 0', () => {
    write('cpu.max', '250000 100000\n');
    expect(resolveCpuQuota({ cores: 8, cgroupRoot })).toBe(2);
    write('cpu.max', '50000 100000\n');
    expect(resolveCpuQuota({ cores: 8, cgroupRoot })).toBe(1);
  });

  it('obeys a version 1 quota, where -1 is none', () => {
    write('cpu/cpu.cfs_period_us', '100000\n');
    write('cpu/cpu.cfs_quota_us', '300000\n');
    expect(resolveCpuQuota({ cores: 8, cgroupRoot })).toBe(3);
    write('cpu/cpu.cfs_quota_us', '-1\n');
    expect(resolveCpuQuota({ cores: 8, cgroupRoot })).toBe(8);
  });

  it('never takes more than there are', () => {
    write('cpu.max', '6400000 100000\n');
    expect(resolveCpuQuota({ cores: 4, cgroupRoot })).toBe(4);
  });
});
