import { useState } from 'preact/hooks';
import { usePage } from '../lib/page-context.js';
import { CopyIcon } from './icons.js';

/** Absent where the browser has no clipboard (pages that are not served over https). */
export function CopyButton({ text }: { text: string }) {
  const { t } = usePage();
  const [copied, setCopied] = useState(false);
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  if (clipboard === undefined) return null;

  async function copy(): Promise<void> {
    await clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  }

  return (
    <button type="button" class="button quiet" onClick={() => void copy().catch(() => undefined)}>
      <CopyIcon />
      <span aria-live="polite">{t(copied ? 'turn.copied' : 'turn.copy')}</span>
    </button>
  );
}
