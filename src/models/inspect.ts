import { KakehashiError } from '../errors.js';
import { ggufNumber, ggufString, readGgufHeader } from './gguf.js';

export type OwnModelFacts = { licence: string; contextTokens: number | null };

/** Throws `model.licence_refused` unless `licence` is among `allowed`, upper and lower case alike. */
export function assertLicence(licence: string, allowed: readonly string[]): void {
  if (allowed.some((id) => id.toLowerCase() === licence.toLowerCase())) return;
  throw new KakehashiError(
    'model.licence_refused',
    'The licence of the model is not allowed here.',
    {
      remedy: 'Choose another model, or add the licence to the allowed ones after reading it.',
      detail: { licence, allowed: allowed.join(' ') },
    },
  );
}

/**
 * Looks at a chat model nobody has vouched for: strict header, one file, a text model, an allowed
 * licence (`stated`, else the file's own). Throws `model.invalid` or `model.licence_refused`.
 */
export async function inspectOwnModel(
  path: string,
  stated: string | null,
  allowed: readonly string[],
): Promise<OwnModelFacts> {
  const header = await readGgufHeader(path);
  const architecture = ggufString(header, 'general.architecture');
  const type = ggufString(header, 'general.type') ?? 'model';
  if (architecture === null || type !== 'model' || header.tensors.length === 0) {
    throw new KakehashiError('model.invalid', 'The file holds no model with weights.', {
      remedy: 'Give the GGUF file of the model itself, not of an adapter or a vocabulary.',
    });
  }
  if ((ggufNumber(header, 'split.count') ?? 1) > 1) {
    throw new KakehashiError('model.invalid', 'The file is one part of a model in several.', {
      remedy: 'Join the parts to one GGUF file first.',
    });
  }
  const licence = stated ?? ggufString(header, 'general.license');
  if (licence === null || licence.trim() === '') {
    throw new KakehashiError('model.licence_refused', 'The model does not state its licence.', {
      remedy: 'State the SPDX id of its licence beside the model in the config.',
    });
  }
  assertLicence(licence, allowed);
  return { licence, contextTokens: ggufNumber(header, `${architecture}.context_length`) };
}
