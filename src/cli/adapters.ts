import { adapterNames, loadAdapters, readPassport } from '../adapters/registry.js';
import type { Config } from '../config.js';
import { isKakehashiError } from '../errors.js';
import { openModels, servedAdaptersDir } from '../service.js';
import { EXIT, print, printJson, renderTable } from './terminal.js';

/** Lists every adapter folder, whether it may be served on the configured model, or why not. */
export async function adaptersList(
  config: Config,
  { json, signal }: { json: boolean; signal: AbortSignal },
): Promise<number> {
  const names = await adapterNames(config.adapters);
  const models = await openModels(config, { signal }).catch((error: unknown) => {
    if (isKakehashiError(error)) return null;
    throw error;
  });
  const loaded =
    models === null
      ? null
      : await loadAdapters({
          adaptersDir: config.adapters,
          servedDir: servedAdaptersDir(config),
          base: models.chat,
        });
  const rows = await Promise.all(
    names.map(async (name) => {
      const refusal = loaded?.refused.find((one) => one.name === name);
      const state = loaded === null ? 'model not pulled' : refusal ? 'refused' : 'served';
      const passport = await readPassport(config.adapters, name).catch(() => null);
      return { name, state, reason: refusal?.error.message ?? null, passport };
    }),
  );
  if (json) {
    printJson({ adapters: rows });
    return EXIT.done;
  }
  if (rows.length === 0) print('No adapters.');
  else {
    print(
      renderTable(
        ['adapter', 'version', 'state', 'base', 'trained on', 'licence'],
        rows.map(({ name, state, reason, passport }) => [
          name,
          passport?.version ?? '–',
          reason === null ? state : `${state}: ${reason}`,
          passport?.base.name ?? '–',
          passport === null ? '–' : `${passport.data.files.length} files`,
          passport?.licence ?? '–',
        ]),
      ),
    );
    for (const { name, passport } of rows) {
      const scores = passport?.scores ?? [];
      if (scores.length === 0) continue;
      print(`\n${name}: measured on data it was not trained on`);
      print(
        renderTable(
          ['figure', 'part', 'language', 'n', 'base', 'adapter'],
          scores.map((score) => [
            score.name,
            score.split,
            score.lang,
            String(score.n),
            score.base?.toFixed(2) ?? '–',
            score.adapter?.toFixed(2) ?? '–',
          ]),
        ),
      );
    }
  }
  return EXIT.done;
}
