import type { IndexProgress } from './index-report.js';
import type { SourceFile } from './list-files.js';
import type { EmbeddedBatch } from './pending.js';

export type ProgressMeter = ReturnType<typeof createProgressMeter>;

/** Turns what happens in a run into progress events; time left by the share of bytes read. */
export function createProgressMeter(
  files: readonly SourceFile[],
  options: { clock: () => number; onProgress?: ((progress: IndexProgress) => void) | undefined },
) {
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const started = options.clock();
  const state: IndexProgress = {
    phase: 'read',
    files: files.length,
    filesDone: 0,
    documents: 0,
    passages: 0,
    embeddedPassages: 0,
    tokensPerSecond: 0,
    etaMs: null,
  };
  let bytes = 0;
  let tokens = 0;
  let embedMs = 0;
  const emit = (): void => options.onProgress?.({ ...state });
  return {
    document(passages: number): void {
      state.documents++;
      state.passages += passages;
    },
    file(file: SourceFile): void {
      state.filesDone++;
      bytes += file.bytes;
      // The first hundredth says little about the rest.
      if (bytes > totalBytes / 100) {
        state.etaMs = ((options.clock() - started) / bytes) * (totalBytes - bytes);
      }
      emit();
    },
    embedded(batch: EmbeddedBatch): void {
      tokens += batch.tokens;
      embedMs += batch.ms;
      state.embeddedPassages += batch.passages;
      state.tokensPerSecond = embedMs > 0 ? (tokens / embedMs) * 1000 : 0;
      emit();
    },
    phase(phase: IndexProgress['phase']): void {
      state.phase = phase;
      if (phase === 'done') state.etaMs = 0;
      emit();
    },
  };
}
