import { readFileSync } from 'node:fs';

/**
 * The values of a file that holds one JSON value a line.
 * @param {string} file
 */
export function readLines(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
