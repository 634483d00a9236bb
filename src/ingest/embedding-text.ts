import type { Passage } from '../store/passage.js';
import { clip } from './sections.js';

/**
 * What is embedded and tokenised for a passage: where it stands, then what it says. Title and path
 * are cut so that with a passage of the largest size the model's 512 tokens hold everything even
 * at one token a character; of a long path the end says most.
 */
export function embeddingText(
  passage: Pick<Passage, 'title' | 'section' | 'context' | 'text'>,
): string {
  const section =
    passage.section.length <= 150
      ? passage.section
      : `…${passage.section.slice(-149).replace(/^[\udc00-\udfff]/u, '')}`;
  const place = [clip(passage.title, 100), section].filter((part) => part !== '').join(' › ');
  return [place, passage.context, passage.text].filter((part) => part !== '').join('\n');
}
