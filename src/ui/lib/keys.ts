/**
 * Whether a key press sends the question. Not while an input method composes: Enter then confirms
 * the conversion; Safari reports that last Enter as key code 229 with `isComposing` false.
 */
export function sendsQuestion(press: {
  key: string;
  shiftKey: boolean;
  isComposing: boolean;
  keyCode: number;
}): boolean {
  return press.key === 'Enter' && !press.shiftKey && !press.isComposing && press.keyCode !== 229;
}
