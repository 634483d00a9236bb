import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { usePage } from '../lib/page-context.js';
import type { Turn } from '../lib/turns.js';
import { TurnView } from './turn-view.js';

/** How near to its end the page must be to follow the answer as it grows. */
const FOLLOW_PX = 120;

type ThreadProps = {
  turns: readonly Turn[];
  answering: boolean;
  onRetry: (turn: Turn) => void;
};

export function Thread({ turns, answering, onRetry }: ThreadProps) {
  const follows = useRef(true);
  const end = useRef<HTMLDivElement>(null);
  const last = turns.at(-1);

  useEffect(() => {
    const look = (): void => {
      const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
      follows.current = scrollHeight - clientHeight - scrollTop < FOLLOW_PX;
    };
    addEventListener('scroll', look, { passive: true });
    return () => removeEventListener('scroll', look);
  }, []);

  // A new question always comes into view; a growing answer only for a reader who is at the end.
  useLayoutEffect(() => {
    end.current?.scrollIntoView({ block: 'end' });
    follows.current = true;
  }, [turns.length]);
  useLayoutEffect(() => {
    if (follows.current && answering) end.current?.scrollIntoView({ block: 'end' });
  }, [last?.text, last?.status, answering]);

  return (
    <div class="thread">
      {turns.map((turn) => (
        <TurnView
          key={turn.key}
          turn={turn}
          onRetry={turn === last && !answering ? () => onRetry(turn) : null}
        />
      ))}
      <div ref={end} class="thread-end" />
      <Announcer turn={last ?? null} />
    </div>
  );
}

/** Tells screen readers what happens; the answer once, whole, instead of word by word. */
function Announcer({ turn }: { turn: Turn | null }) {
  const { t } = usePage();
  let text = '';
  if (turn?.status === 'waiting' || turn?.status === 'writing') text = t('turn.thinking');
  else if (turn?.status === 'stopped') text = t('turn.stopped');
  else if (turn?.status === 'done') text = `${t('turn.done')}: ${turn.text}`;
  return (
    <div class="visually-hidden" aria-live="polite" lang={turn?.response?.language}>
      {text}
    </div>
  );
}
