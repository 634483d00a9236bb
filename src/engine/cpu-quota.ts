/** How many cores the process may really use. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type CpuQuotaOptions = {
  /** What the operating system offers, `os.availableParallelism()`. */
  cores: number;
  /** Where control groups are mounted. Defaults to /sys/fs/cgroup. */
  cgroupRoot?: string;
};

/**
 * Threads for the model: the cores, or fewer where a container's quota (cgroup v2, then v1) allows
 * fewer, rounded down and 1 at least. The native library does not see quotas, and one thread too
 * many makes its spin barriers collapse.
 */
export function resolveCpuQuota(options: CpuQuotaOptions): number {
  const root = options.cgroupRoot ?? '/sys/fs/cgroup';
  const quota = readV2(root) ?? readV1(root) ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(Math.min(options.cores, quota)));
}

/** "200000 100000" is two cores, "max 100000" no limit. */
function readV2(root: string): number | null {
  const [limit, period] = readText(join(root, 'cpu.max'))?.split(/\s+/u) ?? [];
  return ratio(limit, period);
}

function readV1(root: string): number | null {
  const limit = readText(join(root, 'cpu', 'cpu.cfs_quota_us'));
  const period = readText(join(root, 'cpu', 'cpu.cfs_period_us'));
  return ratio(limit?.trim(), period?.trim());
}

function ratio(limit: string | undefined, period: string | undefined): number | null {
  const cores = Number(limit) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
