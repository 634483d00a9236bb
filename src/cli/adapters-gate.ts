import { join } from 'node:path';
import { readData } from '../adapters/data/read-data.js';
import { writePassport } from '../adapters/passport-file.js';
import { loadAdapters } from '../adapters/registry.js';
import { openGateEngine } from '../chat-engines.js';
import type { Config } from '../config.js';
import { admitFolderVersion, withRegistry } from './adapters.js';
import {
  gateExamples,
  type GateOptions,
  knownQuestions,
  measureGates,
  showGates,
} from './gates.js';
import { print } from './terminal.js';

/**
 * Measures the version in the folder against the base and the version in service, on its held-out
 * examples and the general sets, and writes the result into its passport.
 */
export async function adaptersGate(
  config: Config,
  name: string,
  options: GateOptions,
): Promise<number> {
  const report = await withRegistry(config, options, async ({ registry, models, records }) => {
    const passport = await admitFolderVersion(name, registry);
    const { sha256 } = passport.adapter;
    const { served } = await loadAdapters(registry);
    const inService = served.find((one) => one.passport.name === name && one.canaryShare === null);
    const other = inService?.passport.adapter.sha256 === sha256 ? undefined : inService;
    const data = await readData(join(config.adapters, name, 'data'));
    const engine = openGateEngine(config, models.chat, [
      { name: 'candidate', path: join(registry.servedDir, `${sha256}.gguf`), sha256 },
      ...(other === undefined
        ? []
        : [{ name: 'in service', path: other.path, sha256: other.passport.adapter.sha256 }]),
    ]);
    try {
      const result = await measureGates(
        config,
        { models, records },
        {
          title: `gates of ${name}`,
          base: { engine, adapter: null },
          inService: other === undefined ? null : { engine, adapter: 'in service' },
          candidate: { engine, adapter: 'candidate' },
          candidateSha256: sha256,
          baseSha256: registry.base.sha256,
          inServiceSha256: other?.passport.adapter.sha256 ?? null,
          examples: gateExamples(data, passport.instruction, options.limit),
          skill: { ...passport, known: await knownQuestions(config, name) },
        },
        options,
      );
      await writePassport(config.adapters, { ...passport, gates: result, overruled: null });
      return result;
    } finally {
      await engine.close();
    }
  });
  const code = showGates(name, report, options.json);
  if (!report.passed && !options.json) {
    print(
      'It is promoted only with --force and a reason, even if an earlier measurement was overruled.',
    );
  }
  return code;
}
