import { parse } from 'yaml';

/** Parses YAML that people write. A few lines have no reason for aliases; many are an expansion bomb. */
export function parseYaml(source: string): unknown {
  return parse(source, { maxAliasCount: 10, logLevel: 'error' });
}
