import { type Passport, rightsOf } from '../adapters/passport.js';
import { KakehashiError } from '../errors.js';
import type { AdapterResponse } from '../schemas.js';
import type { Principal } from '../store/passage.js';
import { mayUse } from './choose.js';

/**
 * What an adapter in service is, learned from and was measured to do. Errors: `adapter.not_found`,
 * also for one that the caller may not use.
 */
export function openAdapter(
  served: readonly Passport[],
  name: string,
  principal: Principal,
): AdapterResponse {
  const passport = served.find((one) => one.name === name);
  if (passport === undefined || !mayUse(principal, rightsOf(passport))) {
    throw new KakehashiError('adapter.not_found', 'There is no such adapter in service.', {
      remedy: 'GET /about names those that are.',
    });
  }
  const { gates, base } = passport;
  return {
    name: passport.name,
    version: passport.version,
    sha256: passport.adapter.sha256,
    description: passport.description,
    licence: passport.licence,
    base: { name: base.name, sha256: base.sha256 },
    needs_passages: passport.needsPassages,
    access: rightsOf(passport),
    languages: passport.data.languages,
    examples: passport.data.counts,
    documents: passport.lineage.map(({ corpus, id, revision }) => ({ corpus, id, revision })),
    gates: gates && {
      at: gates.at,
      passed: gates.passed,
      rows: gates.rows.map(({ lang, inService, ...row }) => ({
        ...row,
        language: lang,
        in_service: inService,
      })),
    },
    history: passport.history.map(({ at, event }) => ({ at, event })),
  };
}
