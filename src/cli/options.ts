import { InvalidArgumentError } from 'commander';

/** Cases of each kind and language that gates ask: about 20 minutes on two cores. */
export const GATE_CASES = 32;

/** Parses a whole number from `low` to `high`. */
export const integer = (low: number, high: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`);
};

export function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('Give a share above 0, at most 1.');
}

/** For an option that may be given several times. */
export const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** Parts between commas. */
export const list = (text: string): string[] => text.split(',').map((part) => part.trim());

export const JOBS = [
  '--jobs <number>',
  'questions asked at once; more than one pays on a graphics card',
  integer(1, 32),
  1,
] as const;
