import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import colors from 'picocolors';
import { isKakehashiError, type KakehashiError } from '../errors.js';

/** Exit codes of every verb. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, gateRefused: 3 } as const;

export type Bar = {
  /** `detail` is shown behind the bar. */
  update(done: number, total: number, detail?: string): void;
  stop(): void;
};

/** A progress bar on standard error: on a terminal it moves, elsewhere it prints each tenth. */
export function createBar(label: string, quiet = false): Bar {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  if (!process.stderr.isTTY) return createLines(label);
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}% · {detail} · ETA {eta_formatted}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
    barsize: 28,
    fps: 8,
  });
  let isStarted = false;
  return {
    update(done, total, detail = '') {
      if (!isStarted) bar.start(total, done, { detail });
      isStarted = true;
      bar.setTotal(total);
      bar.update(done, { detail });
    },
    stop() {
      if (isStarted) bar.stop();
    },
  };
}

function createLines(label: string): Bar {
  let lastTenth = -1;
  return {
    update(done, total, detail = '') {
      const tenth = total === 0 ? 10 : Math.floor((done / total) * 10);
      if (tenth === lastTenth) return;
      lastTenth = tenth;
      process.stderr.write(`${label} ${tenth * 10}% ${detail}\n`);
    },
    stop: () => undefined,
  };
}

/** A plain table; the first row is the head. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: head.map((cell) => colors.bold(cell)),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** For what is not the result: progress, notes, warnings. */
export function note(text: string): void {
  process.stderr.write(`${colors.dim(text)}\n`);
}

export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Prints an error the way a reader needs it and gives the exit code. */
export function printError(error: unknown, asJson: boolean): number {
  const known: KakehashiError | null = isKakehashiError(error) ? error : null;
  const code = known?.code ?? 'internal';
  const message = known?.message ?? 'Something went wrong that should not have.';
  if (asJson) {
    printJson({ error: { code, message, remedy: known?.remedy ?? null } });
  } else {
    process.stderr.write(`${colors.red('✖')} ${message} ${colors.dim(`(${code})`)}\n`);
    if (known?.remedy) process.stderr.write(`  ${known.remedy}\n`);
    // An unexpected error is a fault of ours: whoever runs the command gets to see where.
    if (known === null && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  }
  if (code === 'gate.refused') return EXIT.gateRefused;
  return code === 'config.invalid' || code === 'request.invalid' ? EXIT.wrongUse : EXIT.failed;
}
