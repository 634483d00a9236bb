import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const built = join(import.meta.dirname, '../dist/stand-back.js');
const canBeIdle = spawnSync('chrt', ['--version']).status === 0;

describe('standBack', () => {
  it.skipIf(!canBeIdle)('leaves the processor to all others', () => {
    // Field 41 of proc(5) stat is the policy; the name, which may hold spaces, is field 2.
    const script = `
      const { standBack } = await import(process.argv[1]);
      standBack();
      const { readFileSync, readdirSync } = await import('node:fs');
      const policies = readdirSync('/proc/self/task').map((thread) =>
        readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').split(') ')[1].split(' ')[38]);
      console.log(JSON.stringify([...new Set(policies)]));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, built], {
      encoding: 'utf8',
    });
    const SCHED_IDLE = '5';
    expect(JSON.parse(stdout)).toEqual([SCHED_IDLE]);
  });
});
