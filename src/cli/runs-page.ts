import { escapeHtml, htmlPage } from '../report-html.js';
import type { IndexRun } from '../store/record-runs.js';

const WIDTH = 640;
const HEIGHT = 150;
const LEFT = 60;

/** What is drawn over the runs of a corpus, each in its own unit. */
const FIGURES = [
  { title: 'Passages in the index', of: ({ counts }: IndexRun) => counts['rows'] },
  { title: 'Passages embedded', of: ({ counts }: IndexRun) => counts['embeddedPassages'] },
  {
    title: 'Seconds',
    of: ({ counts: { totalMs } }: IndexRun) => (totalMs === undefined ? undefined : totalMs / 1000),
  },
  { title: 'Documents that could not be read', of: ({ counts }: IndexRun) => counts['failed'] },
] as const;

/** The runs as one HTML file with plots, without script and without anything fetched. */
export function renderRunsPage(runs: readonly IndexRun[]): string {
  const corpora = [...new Set(runs.map(({ corpus }) => corpus))].toSorted();
  const sections = corpora.map((corpus) =>
    section(corpus, runs.filter((run) => run.corpus === corpus).toReversed()),
  );
  return htmlPage('Index runs', STYLE, sections.join('\n'));
}

/** `runs` of one corpus, oldest first. */
function section(corpus: string, runs: readonly IndexRun[]): string {
  const last = runs.at(-1);
  const failures = (last?.failures ?? []).map(
    ({ source, reason }) => `<li><b>${escapeHtml(source)}</b>: ${escapeHtml(reason)}</li>`,
  );
  return `<section><h2>${escapeHtml(corpus)}</h2>
<p>${runs.length} runs; the last of ${last?.started.slice(0, 16) ?? '–'}: ${last?.status ?? '–'}${
    last?.reason ? `, ${escapeHtml(last.reason)}` : ''
  }.</p>${failures.length === 0 ? '' : `<ul>${failures.join('')}</ul>`}
${FIGURES.map(({ title, of }) => plot(title, runs, of)).join('\n')}</section>`;
}

/** Runs that failed are drawn as a mark on the axis. */
function plot(
  title: string,
  runs: readonly IndexRun[],
  of: (run: IndexRun) => number | undefined,
): string {
  const high = Math.max(1, ...runs.map((run) => of(run) ?? 0));
  const x = (at: number) => LEFT + (at / Math.max(1, runs.length - 1)) * (WIDTH - LEFT - 20);
  const y = (value: number) => 10 + (1 - value / high) * (HEIGHT - 40);
  const points = runs.flatMap((run, at) => {
    const value = of(run);
    return value === undefined ? [] : [{ at, value, day: run.started.slice(0, 16) }];
  });
  const marks = runs
    .map((run, at) =>
      run.status === 'done' ? '' : `<text x="${x(at)}" y="${y(0) + 4}" class="cross">×</text>`,
    )
    .join('');
  const dots = points
    .map(
      ({ at, value, day }) =>
        `<circle cx="${x(at)}" cy="${y(value)}" r="3"><title>${day}: ${value.toLocaleString('en')}</title></circle>`,
    )
    .join('');
  return `<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(0)}" y2="${y(0)}" class="axis"/>
<text x="${LEFT - 8}" y="${y(high) + 4}" class="name">${high.toLocaleString('en', { maximumFractionDigits: 1 })}</text><text x="${LEFT - 8}" y="${y(0) + 4}" class="name">0</text>
<polyline points="${points.map(({ at, value }) => `${x(at)},${y(value)}`).join(' ')}"/>${dots}${marks}
<text x="${LEFT}" y="${HEIGHT - 8}">${runs[0]?.started.slice(0, 10) ?? ''}</text><text x="${WIDTH - 20}" y="${HEIGHT - 8}" class="name">${runs.at(-1)?.started.slice(0, 10) ?? ''}</text>
</svg></figure>`;
}

const STYLE = `
figure { margin: 1rem 0; } figcaption { font-weight: 600; font-size: 0.9rem; }
polyline { fill: none; stroke: var(--blue); stroke-width: 2; } circle { fill: var(--blue); }
.cross { fill: var(--red); text-anchor: middle; font-weight: 700; }
`;
