import type { PassageEvent } from '../../answer/answerer.js';
import type { AnswerResponse, Citation, Decision } from '../../schemas.js';
import type { Failure, StreamEvent } from './api.js';

/** One question and what has come of it so far. */
export type Turn = {
  key: number;
  question: string;
  corpora: readonly string[];
  status: 'waiting' | 'writing' | 'done' | 'stopped' | 'failed';
  /** The answer as streamed; `response.answer` replaces it at the end. */
  text: string;
  decision: Decision | null;
  passages: readonly PassageEvent[];
  citations: readonly Citation[];
  response: AnswerResponse | null;
  failure: Failure | null;
};

export type Conversation = {
  id: string | null;
  turns: readonly Turn[];
  nextKey: number;
};

export type ConversationAction =
  | { type: 'ask'; question: string; corpora: readonly string[] }
  | { type: 'retry' }
  | { type: 'event'; event: StreamEvent }
  | { type: 'stop' }
  | { type: 'fail'; failure: Failure }
  | { type: 'reset' };

export const EMPTY_CONVERSATION: Conversation = { id: null, turns: [], nextKey: 1 };

/** Whether the newest turn is still being answered. */
export function isAnswering({ turns }: Conversation): boolean {
  const status = turns.at(-1)?.status;
  return status === 'waiting' || status === 'writing';
}

/** The page's one state; every action but `ask` and `reset` concerns the newest turn. */
export function reduceConversation(state: Conversation, action: ConversationAction): Conversation {
  switch (action.type) {
    case 'ask': {
      const turn = newTurn(state.nextKey, action.question, action.corpora);
      return { ...state, turns: [...state.turns, turn], nextKey: state.nextKey + 1 };
    }
    case 'retry':
      return changeLast(state, (turn) => newTurn(turn.key, turn.question, turn.corpora));
    case 'event': {
      if (!isAnswering(state)) return state;
      const next = changeLast(state, (turn) => applyEvent(turn, action.event));
      return action.event.event === 'done'
        ? { ...next, id: action.event.data.conversation_id }
        : next;
    }
    case 'stop':
      return isAnswering(state)
        ? changeLast(state, (turn) => ({ ...turn, status: 'stopped' }))
        : state;
    case 'fail': {
      if (!isAnswering(state)) return state;
      const next = changeLast(state, (turn) => ({
        ...turn,
        status: 'failed',
        failure: action.failure,
      }));
      // The server no longer knows the conversation: a retry must not name it again.
      return action.failure.code === 'conversation.not_found' ? { ...next, id: null } : next;
    }
    case 'reset':
      return { ...EMPTY_CONVERSATION, nextKey: state.nextKey };
    default:
      action satisfies never;
      return state;
  }
}

function newTurn(key: number, question: string, corpora: readonly string[]): Turn {
  return {
    key,
    question,
    corpora,
    status: 'waiting',
    text: '',
    decision: null,
    passages: [],
    citations: [],
    response: null,
    failure: null,
  };
}

function changeLast(state: Conversation, change: (turn: Turn) => Turn): Conversation {
  return {
    ...state,
    turns: state.turns.map((turn, index) =>
      index === state.turns.length - 1 ? change(turn) : turn,
    ),
  };
}

function applyEvent(turn: Turn, { event, data }: StreamEvent): Turn {
  switch (event) {
    case 'decision':
      return { ...turn, decision: data };
    case 'passages':
      return { ...turn, passages: data.passages };
    case 'delta':
      return { ...turn, status: 'writing', text: turn.text + data.text };
    case 'citations':
      return { ...turn, citations: data.citations };
    case 'done':
      return {
        ...turn,
        status: 'done',
        text: data.answer,
        decision: data.decision,
        citations: data.citations,
        response: data,
      };
    case 'error':
      // `ask` throws it; it arrives as the action `fail`.
      return turn;
    default:
      // An event of a newer server.
      event satisfies never;
      return turn;
  }
}
