import type { DecisionReport, LanguageFigures } from './decision-report.js';
import type { Interval } from './bootstrap.js';
import { escapeHtml, htmlPage } from '../report-html.js';
import type { Share } from './wilson.js';

const WIDTH = 640;

/** The report as one HTML file with plots, without script and without anything fetched. */
export function renderReportPage(report: DecisionReport): string {
  const { bestFixed, oracle } = report;
  return htmlPage(
    'Decision report',
    STYLE,
    `<p>Policy <b>${escapeHtml(report.policy)}</b> at a stated risk of ${percent(report.risk)}, on ${report.n} replayed questions that it was
not learned from. Intervals are 95 % (bootstrap; Wilson for shares).</p>
<p class="lead">${signed(bestFixed.gain)} a question against always “${escapeHtml(bestFixed.name)}”, the best fixed way;
${percent(oracle.gapClosed.value)} (${percent(oracle.gapClosed.low)} to ${percent(oracle.gapClosed.high)}) of what knowing every
outcome beforehand would add.</p>
<h2>Utility of each way</h2>${utilityPlot(report)}${policyTable(report)}
<h2>Risk and coverage</h2>${riskPlot(report.languages)}${languageTable(report)}
<h2>Calibration</h2>${reliabilityPlot(report.languages)}
<h2>What each input is worth</h2>${ablationPlot(report)}
<h2>Arm taken first, by the arm that was best</h2>${confusionTable(report)}
<h2>Worst regrets</h2>${worstTable(report)}`,
  );
}

function utilityPlot({ policies }: DecisionReport): string {
  const all = policies.map(({ utility }) => utility);
  const low = Math.min(0, ...all.map((one) => one.low));
  const high = Math.max(0, ...all.map((one) => one.high));
  return bars(
    policies.map(({ name, utility }, at) => ({ name, interval: utility, strong: at === 0 })),
    low,
    high,
  );
}

function ablationPlot({ ablations }: DecisionReport): string {
  if (ablations.length === 0) return '<p>Not measured.</p>';
  const sorted = ablations.toSorted((a, b) => a.change.value - b.change.value);
  const reach = Math.max(
    0.01,
    ...sorted.flatMap(({ change }) => [Math.abs(change.low), Math.abs(change.high)]),
  );
  return `<p>Change of the utility when it is left out of everything that is learned.</p>${bars(
    sorted.map(({ without, change }) => ({ name: without, interval: change, strong: false })),
    -reach,
    reach,
  )}`;
}

type Bar = { name: string; interval: Interval; strong: boolean };

function bars(all: readonly Bar[], low: number, high: number): string {
  const left = 190;
  const row = 22;
  const x = (value: number) => left + ((value - low) / (high - low || 1)) * (WIDTH - left - 60);
  const lines = all.map(({ name, interval, strong }, at) => {
    const y = at * row + row / 2;
    const [from, to] = [x(Math.min(0, interval.value)), x(Math.max(0, interval.value))];
    return `<text x="${left - 8}" y="${y + 4}" class="name">${escapeHtml(name)}</text>
<rect x="${from}" y="${y - 6}" width="${Math.max(1, to - from)}" height="12" class="${strong ? 'strong' : 'bar'}"/>
<line x1="${x(interval.low)}" x2="${x(interval.high)}" y1="${y}" y2="${y}" class="whisker"/>
<text x="${WIDTH - 52}" y="${y + 4}">${interval.value.toFixed(3)}</text>`;
  });
  const height = all.length * row;
  return svg(
    height,
    `<line x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}" class="axis"/>${lines.join('')}`,
  );
}

function riskPlot(languages: readonly LanguageFigures[]): string {
  return square(
    'share of questions answered',
    'share of answers wrong',
    languages.map(({ lang, riskCoverage }) => ({
      name: lang,
      points: riskCoverage.map(({ coverage, risk }) => [coverage, risk] as const),
      dots: false,
    })),
    false,
  );
}

function reliabilityPlot(languages: readonly LanguageFigures[]): string {
  return square(
    'stated chance of a good outcome',
    'share that came true',
    languages.map(({ lang, reliability }) => ({
      name: lang,
      points: reliability.map(({ stated, came }) => [stated, came] as const),
      dots: true,
    })),
    true,
  );
}

type Curve = { name: string; points: readonly (readonly [number, number])[]; dots: boolean };

/** Both axes 0..1. */
function square(xName: string, yName: string, curves: readonly Curve[], diagonal: boolean): string {
  const size = 280;
  const left = 50;
  const x = (value: number) => left + value * size;
  const y = (value: number) => 10 + (1 - value) * size;
  const ticks = [0, 0.25, 0.5, 0.75, 1]
    .map(
      (tick) => `<line x1="${x(tick)}" x2="${x(tick)}" y1="${y(0)}" y2="${y(0) + 4}" class="axis"/>
<text x="${x(tick)}" y="${y(0) + 18}" class="middle">${tick}</text>
<line x1="${x(0) - 4}" x2="${x(0)}" y1="${y(tick)}" y2="${y(tick)}" class="axis"/>
<text x="${x(0) - 8}" y="${y(tick) + 4}" class="name">${tick}</text>`,
    )
    .join('');
  const lines = curves.map(({ name, points, dots }, at) => {
    const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`);
    const marks = dots
      ? path
          .map((point) => point.split(','))
          .map(([cx = 0, cy = 0]) => `<circle cx="${cx}" cy="${cy}" r="3" class="dot-${name}"/>`)
          .join('')
      : '';
    return `<polyline points="${path.join(' ')}" class="curve-${name}"/>${marks}
<text x="${x(1) + 14}" y="${30 + 20 * at}" class="label-${name}">${name === 'ja' ? 'Japanese' : 'English'}</text>`;
  });
  const line = diagonal
    ? `<line x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}" class="axis dashed"/>`
    : '';
  return svg(
    size + 55,
    `<rect x="${left}" y="10" width="${size}" height="${size}" class="frame"/>${line}${ticks}${lines.join('')}
<text x="${x(0.5)}" y="${size + 48}" class="middle">${xName}</text>
<text transform="translate(12 ${y(0.5)}) rotate(-90)" class="middle">${yName}</text>`,
  );
}

function policyTable({ policies }: DecisionReport): string {
  return table(
    [
      'way',
      'utility',
      'less than the policy',
      'good',
      'wrong',
      'needlessly withheld',
      'tokens',
      's',
    ],
    policies.map((one) => [
      one.name,
      range(one.utility),
      range(one.behind),
      share(one.right),
      share(one.wrong),
      share(one.needlessRefusals),
      one.tokens.toFixed(0),
      one.seconds.toFixed(1),
    ]),
  );
}

function languageTable({ languages, risk }: DecisionReport): string {
  return table(
    [
      'language',
      'n',
      `wrong, of the answers (stated: ${percent(risk)})`,
      'answered, of what can be',
      'answered, of what cannot be',
      'calibration error',
    ],
    languages.map((one) => [
      one.lang,
      String(one.n),
      share(one.risk),
      share(one.answeredOfAnswerable),
      share(one.answeredOfUnanswerable),
      one.calibrationError.toFixed(3),
    ]),
  );
}

function confusionTable({ confusion }: DecisionReport): string {
  const best = [...new Set(confusion.map(({ oracle }) => oracle))].toSorted();
  const chosen = [...new Set(confusion.map((one) => one.chosen))].toSorted();
  const count = (arm: string, oracle: string) =>
    confusion.find((one) => one.chosen === arm && one.oracle === oracle)?.n ?? 0;
  return table(
    ['taken first', ...best.map((name) => `best: ${name}`)],
    chosen.map((arm) => [arm, ...best.map((name) => String(count(arm, name)))]),
  );
}

function worstTable({ worst }: DecisionReport): string {
  return table(
    ['question', 'kind', 'language', 'taken', 'outcome', 'best', 'regret', 'evidence'],
    worst.map((one) => [
      one.id,
      one.kind,
      one.lang,
      one.arm,
      one.verdict.replaceAll('_', ' '),
      one.oracle,
      one.regret.toFixed(2),
      Object.entries(one.evidence)
        .filter(([, value]) => value !== 0)
        .map(([name, value]) => `${name} ${value.toFixed(2)}`)
        .join(', '),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: 'td' | 'th', row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="frame-x"><table><thead>${cells('th', head)}</thead><tbody>${rows
    .map((row) => cells('td', row))
    .join('')}</tbody></table></div>`;
}

function svg(height: number, content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${content}</svg>`;
}

function range({ value, low, high }: Interval): string {
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function signed({ value, low, high }: Interval): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function share({ share: value, low, high, n }: Share): string {
  return n === 0 ? '–' : `${percent(value)} (${percent(low)} to ${percent(high)})`;
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %` : '–';
}

const STYLE = `
.lead { font-size: 1.1rem; font-weight: 600; }
.middle { text-anchor: middle; } .bar { fill: var(--fill); } .strong { fill: var(--blue); }
.whisker { stroke: var(--ink); } .dashed { stroke-dasharray: 4 4; } .frame { fill: none; stroke: var(--line); }
.curve-ja, .curve-en { fill: none; stroke-width: 2; } .curve-ja { stroke: var(--red); } .curve-en { stroke: var(--blue); }
.dot-ja, .label-ja { fill: var(--red); } .dot-en, .label-en { fill: var(--blue); }
.frame-x { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.875rem; }
th, td { padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
`;
