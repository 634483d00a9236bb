import type { Config } from '../config.js';
import type { PullOptions } from '../models/pull-options.js';
import { modelsDir } from '../knowledge.js';
import { type Bar, formatBytes, note } from './terminal.js';

/** What a pull needs of the configuration, with progress on a bar. */
export function pullOptions(config: Config, bar: Bar, signal: AbortSignal): PullOptions {
  return {
    modelsDir: modelsDir(config),
    hubEndpoint: config.hub_endpoint,
    hubToken: config.hub_token ?? null,
    allowLicences: config.allow_licences,
    offline: config.offline,
    signal,
    onNote: note,
    onProgress: ({ phase, bytes, totalBytes }) =>
      bar.update(
        bytes,
        totalBytes ?? bytes,
        `${phase} ${formatBytes(bytes)}${totalBytes === null ? '' : ` of ${formatBytes(totalBytes)}`}`,
      ),
  };
}
