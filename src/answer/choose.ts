import {
  type AdapterOption,
  type ArmName,
  type Choice,
  type DecideInput,
  decide,
} from '../decision/decide.js';
import { describeConsidered, evidenceOf, explainChoice } from '../decision/explain.js';
import { computeFeatures, type Probe } from '../decision/features.js';
import type { JsonSchema } from '../engine/engine.js';
import type { DecisionModel } from '../decision/model.js';
import { KakehashiError } from '../errors.js';
import type { SearchResult } from '../retrieval/search.js';
import type { AdapterRef, AnswerRequest, Decision } from '../schemas.js';
import type { Principal } from '../store/passage.js';
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
  decisionModel: DecisionModel;
  text: TextTools;
  settings: { passages: number; risk: number };
};

export type Chosen = {
  choice: { arm: ArmName; adapter: string | null; served: ServedAdapter | null };
  decision: Decision;
};

export type ChooseInput = {
  request: Pick<AnswerRequest, 'mode' | 'adapter'>;
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
  // An adapter that answers with an object is for programs, which ask for it by name.
  const eligible = adapters.filter(
    ({ name, answerSchema }) => answerSchema === null || name === request.adapter,
  );
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
    risk: needs.settings.risk,
    mode: request.mode,
    adapter: request.adapter ?? null,
  };
  const choice: Choice = decide(decideInput, needs.decisionModel);
  const served = adapters.find(({ name }) => name === choice.adapter) ?? null;
  return {
    choice: { arm: choice.arm, adapter: choice.adapter, served },
    decision: {
      arm: choice.arm,
      adapter: served?.ref ?? null,
      confidence: choice.confidence,
      reasons: explainChoice(choice, understanding.language),
      considered: describeConsidered(choice.considered),
      evidence: { ...evidenceOf(choice), decision_model: needs.decisionModel.version },
    },
  };
}

/** `rights`: of each list the caller must hold one tag. */
export function mayUse(principal: Principal, rights: ServedAdapter['access']): boolean {
  return (
    principal.readsAll || rights.every((list) => list.some((tag) => principal.access.includes(tag)))
  );
}
