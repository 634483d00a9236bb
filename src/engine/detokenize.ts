/** Pieces of text from tokens as they come. */

/** What a half character shows as until its last byte is known. */
const HALF = '\u{FFFD}';
/**
 * A character has up to 4 bytes and a joined emoji is several characters: tokens still pending
 * after this many are no half character but what the model wrote.
 */
const PENDING_TOKENS = 8;

export type Detokenizer<Token> = {
  /** Text that became certain with `token`, '' while a character is incomplete. */
  push(token: Token): string;
  /** What is still pending, as it is. */
  finish(): string;
};

/**
 * Turns tokens into text step by step. `decode(tokens, before)` gives the text of `tokens` standing
 * after `before`, so that tokenizers that put spaces between tokens see their neighbour. The pieces
 * never split a character: text that ends in an incomplete one waits for the next token.
 */
export function createDetokenizer<Token>(
  decode: (tokens: readonly Token[], before: readonly Token[]) => string,
  prompt: readonly Token[],
): Detokenizer<Token> {
  let before: readonly Token[] = prompt.slice(-PENDING_TOKENS);
  let pending: Token[] = [];
  const take = (): string => {
    const text = decode(pending, before);
    before = [...before, ...pending].slice(-PENDING_TOKENS);
    pending = [];
    return text;
  };
  return {
    push(token) {
      pending.push(token);
      if (pending.length < PENDING_TOKENS && decode(pending, before).endsWith(HALF)) return '';
      return take();
    },
    finish: () => (pending.length === 0 ? '' : take()),
  };
}
