import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../lib/page-context.js';
import { ThumbIcon } from './icons.js';

type Vote = 'up' | 'down';

export function Feedback({ answerId }: { answerId: string }) {
  const { t, api } = usePage();
  const [vote, setVote] = useState<Vote | null>(null);
  const [note, setNote] = useState<'none' | 'thanks' | 'sent' | 'failed'>('none');
  const comment = useRef<HTMLTextAreaElement>(null);

  async function send(helpful: boolean, text: string): Promise<void> {
    setVote(helpful ? 'up' : 'down');
    try {
      await api.feedback({
        answer_id: answerId,
        helpful,
        ...(text === '' ? {} : { comment: text }),
      });
      setNote(text === '' ? 'thanks' : 'sent');
    } catch {
      setNote('failed');
    }
  }

  const asksComment = vote === 'down' && note !== 'sent';
  useEffect(() => {
    if (asksComment) comment.current?.form?.scrollIntoView({ block: 'nearest' });
  }, [asksComment]);

  return (
    <div class="feedback">
      <div class="feedback-row" role="group" aria-label={t('feedback.question')}>
        {(['up', 'down'] as const).map((side) => (
          <button
            key={side}
            type="button"
            class="icon-button"
            aria-pressed={vote === side}
            aria-label={t(side === 'up' ? 'feedback.yes' : 'feedback.no')}
            title={t(side === 'up' ? 'feedback.yes' : 'feedback.no')}
            onClick={() => void send(side === 'up', '')}
          >
            <ThumbIcon down={side === 'down'} />
          </button>
        ))}
        <span class="feedback-note" role="status">
          {note !== 'none' && t(`feedback.${note}`)}
        </span>
      </div>
      {asksComment && (
        <form
          class="feedback-form"
          onSubmit={(event) => {
            event.preventDefault();
            const text = comment.current?.value.trim() ?? '';
            if (text !== '') void send(false, text);
          }}
        >
          <label for={`comment-${answerId}`}>{t('feedback.comment')}</label>
          <textarea ref={comment} id={`comment-${answerId}`} rows={2} maxLength={2000} />
          <button type="submit" class="button">
            {t('feedback.send')}
          </button>
        </form>
      )}
    </div>
  );
}
