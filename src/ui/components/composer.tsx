import { useEffect, useRef } from 'preact/hooks';
import { sendsQuestion } from '../lib/keys.js';
import { usePage } from '../lib/page-context.js';
import { SendIcon, StopIcon } from './icons.js';
import { ScopePicker } from './scope-picker.js';

/** As in `AnswerRequest`. */
const MAX_LENGTH = 4000;
const COUNT_FROM = 3600;

type ComposerProps = {
  draft: string;
  onDraft: (draft: string) => void;
  scope: readonly string[];
  onScope: (corpora: readonly string[]) => void;
  answering: boolean;
  disabled: boolean;
  onSend: () => void;
  onStop: () => void;
};

export function Composer(props: ComposerProps) {
  const { t } = usePage();
  const { draft, answering, disabled } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const canSend = !answering && !disabled && draft.trim() !== '';

  // Grows with its text where `field-sizing` is not known yet.
  useEffect(() => {
    const { current } = field;
    if (current === null || CSS.supports('field-sizing', 'content')) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [draft]);

  function send(): void {
    if (canSend) props.onSend();
    field.current?.focus();
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <label class="visually-hidden" for="question">
          {t('ask.label')}
        </label>
        <textarea
          ref={field}
          id="question"
          rows={1}
          maxLength={MAX_LENGTH}
          value={draft}
          placeholder={t('ask.placeholder')}
          aria-describedby="question-hint"
          enterkeyhint="send"
          autocomplete="off"
          onInput={(event) => props.onDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (!sendsQuestion(event)) return;
            event.preventDefault();
            send();
          }}
        />
        {answering ? (
          <button
            type="button"
            class="round-button stop"
            aria-label={t('ask.stop')}
            title={t('ask.stop')}
            onClick={() => {
              props.onStop();
              field.current?.focus();
            }}
          >
            <StopIcon />
          </button>
        ) : (
          <button
            type="submit"
            class="round-button"
            aria-label={t('ask.send')}
            title={t('ask.send')}
            disabled={!canSend}
          >
            <SendIcon />
          </button>
        )}
      </div>
      <div class="composer-foot">
        <ScopePicker scope={props.scope} onScope={props.onScope} />
        <p id="question-hint" class="hint wide-only">
          {draft.length >= COUNT_FROM
            ? t('ask.left', { count: MAX_LENGTH - draft.length })
            : t('ask.hint')}
        </p>
      </div>
      <p class="caution">{t('ask.caution')}</p>
    </form>
  );
}
