/**
 * A matcher for paths with `/`: `*` and `?` stay inside one name, `**` spans folders, everything
 * else is literal. `legal/**` matches what is below `legal`, and `**` before a slash may stand for no folder at all.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const source = pattern
    .normalize('NFC')
    .replace(/^\.?\//u, '')
    .replace(/\*{3,}/gu, '**')
    .replace(/(?:\*\*\/)+/gu, '**/');
  const expression = source.replace(/\*\*\/|\*\*|\*|\?|[^*?]+/gu, (token) => {
    switch (token) {
      case '**/':
        return '(?:[^/]+/)*';
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      default:
        return token.replace(/[\\^$.|+()[\]{}]/gu, '\\$&');
    }
  });
  const compiled = new RegExp(`^${expression}$`, 'su');
  return (path) => compiled.test(path.normalize('NFC'));
}
