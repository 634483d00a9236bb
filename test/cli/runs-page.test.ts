import { describe, expect, it } from 'vitest';
import { newestOfEach } from '../../src/cli/runs.js';
import { renderRunsPage } from '../../src/cli/runs-page.js';
import type { IndexRun } from '../../src/store/record-runs.js';

const run = (id: number, changes: Partial<IndexRun> = {}): IndexRun => ({
  id,
  corpus: 'manuals',
  started: `2025-04-0${id}T02:30:00.000Z`,
  finished: null,
  status: 'done',
  reason: null,
  counts: { rows: 100 * id, embeddedPassages: id, failed: 0, totalMs: 1000 },
  failures: [],
  ...changes,
});

describe('the page of runs', () => {
  it('draws each corpus over its runs, marks those that failed and names why', () => {
    const page = renderRunsPage([
      run(3, {
        status: 'failed',
        counts: {},
        reason: 'gate.refused: 3 <documents> vanished',
        failures: [{ source: 'scan.pdf', reason: 'It holds no text.' }],
      }),
      run(2),
      run(1),
      run(1, { corpus: 'rules' }),
    ]);
    expect(page.match(/<section>/gu)).toHaveLength(2);
    expect(page).toContain('gate.refused: 3 &lt;documents> vanished');
    expect(page).toContain('<b>scan.pdf</b>: It holds no text.');
    expect(page.match(/class="cross"/gu)).toHaveLength(4);
    expect(page).toContain('2025-04-02T02:30: 200');
    expect(page).not.toMatch(/NaN|undefined|<script|https?:/u);
  });

  it('can be drawn without any run', () => {
    expect(renderRunsPage([])).toContain('<h1>Index runs</h1>');
  });

  it('takes the newest run of each corpus for what failed', () => {
    const all = [run(2), run(3, { corpus: 'rules' }), run(1)];
    expect(newestOfEach(all).map(({ id }) => id)).toEqual([2, 3]);
  });
});
