import { spawnSync } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/**
 * Gives this process the processor only when nobody else wants it, so that a service on the same
 * machine goes first. To be called before libraries start their threads, which inherit it, as do
 * processes started later. On Linux by the idle policy (sched(7)): beside a run of low priority alone
 * searches took 1.32 and 1.38 times as long (p95), beside an idle one 1.16 and 1.20 times
 * (`scripts/bench/reindex.mjs`, in turn). Where `chrt` is missing, by low priority.
 */
export function standBack(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  if (process.platform !== 'linux') return;
  const given = ['--all-tasks', '--idle', '--pid', '0', String(process.pid)];
  spawnSync('chrt', given, { stdio: 'ignore', timeout: 5_000 });
}
