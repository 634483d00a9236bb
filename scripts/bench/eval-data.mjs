import { existsSync } from 'node:fs';

/**
 * The folder of public question sets that `KAKEHASHI_EVAL_DATA` names; without one the script says so
 * and ends. It holds `qa/NAME.questions.jsonl` (`id, lang, question, answers[], gold[], answerable,
 * meta`), `qa/NAME.passages.jsonl` (`id, lang, title, text`) and `routing/NAME.jsonl`.
 */
export function evalData() {
  const folder = process.env['KAKEHASHI_EVAL_DATA'];
  if (folder !== undefined && existsSync(folder)) return folder;
  console.log('Skipped: KAKEHASHI_EVAL_DATA does not name a folder of question sets.');
  process.exit(0);
}
