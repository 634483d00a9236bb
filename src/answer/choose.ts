import { servesUnnamed } from '../adapters/passport.js';
import { type DecideInput, decide, secondLook } from '../decision/decide.js';
import {
  describeConsidered,
  evidenceOf,
  explainChoice,
  explainSecondLook,
} from '../decision/explain.js';
import { explore } from '../decision/explore.js';
import { computeFeatures, type Probe } from '../decision/features.js';
import {
  type AdapterOption,
  type ArmName,
  armKey,
  type Gate,
  type Policy,
} from '../decision/policy.js';
import type { JsonSchema } from '../engine/engine.js';
import { KakehashiError } from '../errors.js';
import type { SearchResult } from '../retrieval/search.js';
import type { AdapterRef, AnswerRequest, Decision } from '../schemas.js';
import type { Principal } from '../store/passage.js';
import type { Silence } from './abstention.js';
import type { Understanding } from './understand.js';

/** An adapter in service, with the rights of what it was trained on. */
export type ServedAdapter = AdapterOption & {
  ref: AdapterRef;
  /** Name of this version in the engine. */
  engineName: string;
  /** System text that it was trained with; null for the service's own. */
  instruction: Readonly<Record<'ja' | 'en', string>> | null;
  /** JSON schema that its answers are held to; null for free text. */
  answerSchema: JsonSchema | null;
  /** Whether it is used only by those who name it. */
  byName: boolean;
  /** Of each list a caller must hold one tag. */
  access: readonly (readonly string[])[];
};

export type TextTools = {
  sentences: (text: string) => { start: number; end: number }[];
  /** Search tokens, as indexed. */
  tokens: (text: string) => readonly string[];
  /** Search tokens without question words. */
  contentTokens: (text: string) => readonly string[];
};

export type ChooseNeeds = {
  /** One version of each adapter; which one may depend on the conversation. */
  adapters: (conversation: string) => readonly ServedAdapter[];
  affinities: (questionEmbedding: Float32Array) => Probe['affinities'];
  policy: () => Policy;
  text: TextTools;
  settings: { passages: number; risk: number; exploration: number };
  /** 0 up to 1; draws what is explored. */
  random: () => number;
};

export type ChosenArm = {
  arm: ArmName;
  adapter: string | null;
  served: ServedAdapter | null;
  /** The last gate, on the chance of the withholding word; null for an arm that reads nothing. */
  gate: (readOut: number | null) => Gate;
  /** Stated share of given answers that may be wrong. */
  risk: number;
};

export type Chosen = {
  choice: ChosenArm;
  /** What silence would say, where it is the choice. */
  silence: Silence;
  decision: Decision;
  /**
   * What is done when this draft is withheld, with the decision that led there; null: silence.
   */
  second: ((withheld: Decision) => Pick<Chosen, 'choice' | 'decision'>) | null;
};

export type ChooseInput = {
  request: Pick<AnswerRequest, 'mode' | 'adapter' | 'risk'>;
  understanding: Understanding;
  found: SearchResult;
  principal: Principal;
  conversation: string;
};

/** Steps 2 and 3: from what was found to the arm, with evidence and reasons. No model call. */
export function chooseArm(needs: ChooseNeeds, input: ChooseInput): Chosen {
  const { request, understanding, found, principal, conversation } = input;
  const adapters = needs
    .adapters(conversation)
    .filter((adapter) => mayUse(principal, adapter.access));
  if (request.adapter !== undefined && !adapters.some(({ name }) => name === request.adapter)) {
    throw new KakehashiError(
      'adapter.not_found',
      `No adapter "${request.adapter}" is in service.`,
      {
        remedy: `In service: ${adapters.map(({ name }) => name).join(', ') || 'none'}.`,
      },
    );
  }
  const eligible = adapters
    .filter((adapter) => adapter.name === request.adapter || servesUnnamed(adapter))
    .map((adapter) => ({ ...adapter, givesObject: adapter.answerSchema !== null }));
  const probe: Probe = {
    question: understanding.query,
    language: understanding.language,
    followUp: understanding.followUp,
    questionEmbedding: found.questionEmbedding,
    questionTokens: needs.text.contentTokens(understanding.joinedQuery ?? understanding.query),
    hits: found.hits.map((hit) => {
      const text = `${hit.title}\n${hit.section}\n${hit.context}\n${hit.text}`.normalize('NFKC');
      return {
        documentId: `${hit.corpus}/${hit.documentId}`,
        similarity: hit.legs.dense?.similarity ?? null,
        denseRank: hit.legs.dense?.rank ?? null,
        keywordScore: hit.legs.keyword?.score ?? null,
        keywordRank: hit.legs.keyword?.rank ?? null,
        tokens: new Set(needs.text.tokens(text)),
        text,
      };
    }),
    affinities: needs.affinities(found.questionEmbedding),
    passages: needs.settings.passages,
  };
  const decideInput: DecideInput = {
    features: computeFeatures(probe),
    language: understanding.language,
    adapters: eligible,
    hasPassages: found.hits.length > 0,
    risk: request.risk ?? needs.settings.risk,
    mode: request.mode,
    adapter: request.adapter ?? null,
  };
  const policy = needs.policy();
  const { choice, propensity } = explore(decide(decideInput, policy), {
    share: needs.settings.exploration,
    random: needs.random,
  });
  const armOf = ({ arm, adapter }: Pick<ChosenArm, 'arm' | 'adapter'>): ChosenArm => ({
    arm,
    adapter,
    served: adapters.find(({ name }) => name === adapter) ?? null,
    risk: decideInput.risk,
    gate: (readOut) => policy.gate({ ...decideInput, arm, adapter, readOut }),
  });
  const first = armOf(choice);
  const other = secondLook(choice);
  return {
    choice: first,
    silence: choice.unbounded ? 'risk_not_shown' : 'not_told',
    decision: {
      arm: choice.arm,
      adapter: first.served?.ref ?? null,
      confidence: choice.confidence,
      reasons: explainChoice(choice, understanding.language),
      considered: describeConsidered(choice.considered),
      evidence: {
        ...evidenceOf(choice),
        ...(propensity === null ? {} : { propensity }),
        decision_model: policy.version,
      },
    },
    second:
      other &&
      ((withheld) => {
        const second = armOf(other);
        return {
          choice: second,
          decision: {
            ...withheld,
            arm: other.arm,
            adapter: second.served?.ref ?? null,
            confidence: other.pGood,
            // Why the first draft was withheld, and what follows from it.
            reasons: [
              ...withheld.reasons.slice(-1),
              explainSecondLook(other, understanding.language),
            ],
            evidence: { ...withheld.evidence, second_look: armKey(other) },
          },
        };
      }),
  };
}

/** `rights`: of each list the caller must hold one tag. */
export function mayUse(principal: Principal, rights: ServedAdapter['access']): boolean {
  return (
    principal.readsAll || rights.every((list) => list.some((tag) => principal.access.includes(tag)))
  );
}
