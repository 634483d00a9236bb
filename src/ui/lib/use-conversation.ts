import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks';
import { type Api, ApiError } from './api.js';
import {
  type Conversation,
  EMPTY_CONVERSATION,
  isAnswering,
  reduceConversation,
  type Turn,
} from './turns.js';

export type ConversationHandle = {
  conversation: Conversation;
  answering: boolean;
  ask: (question: string, corpora: readonly string[]) => void;
  retry: (turn: Turn) => void;
  stop: () => void;
  reset: () => void;
};

/** The conversation and the one answer that may be in the making. */
export function useConversation(api: Api): ConversationHandle {
  const [conversation, dispatch] = useReducer(reduceConversation, EMPTY_CONVERSATION);
  const running = useRef<AbortController | null>(null);
  const id = conversation.id;

  const run = useCallback(
    async (question: string, corpora: readonly string[]) => {
      const controller = new AbortController();
      running.current?.abort();
      running.current = controller;
      const body = {
        question,
        ...(id === null ? {} : { conversation_id: id }),
        ...(corpora.length === 0 ? {} : { corpora: [...corpora] }),
      };
      try {
        await api.ask(body, controller.signal, (event) => {
          if (!controller.signal.aborted) dispatch({ type: 'event', event });
        });
      } catch (error) {
        if (controller.signal.aborted) return;
        const failure =
          error instanceof ApiError ? error.failure : { code: 'internal', detail: '' };
        dispatch({ type: 'fail', failure });
      }
    },
    [api, id],
  );

  const stop = useCallback(() => {
    running.current?.abort();
    dispatch({ type: 'stop' });
  }, []);

  useEffect(() => () => running.current?.abort(), []);

  return {
    conversation,
    answering: isAnswering(conversation),
    ask(question, corpora) {
      dispatch({ type: 'ask', question, corpora });
      void run(question, corpora);
    },
    retry(turn) {
      dispatch({ type: 'retry' });
      void run(turn.question, turn.corpora);
    },
    stop,
    reset() {
      running.current?.abort();
      dispatch({ type: 'reset' });
    },
  };
}
