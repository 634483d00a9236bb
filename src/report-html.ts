/** What every page of a report shares: colours, type, axes. */
const STYLE = `
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5b6b7c; --line: #cfd8e1; --blue: #1f5fa8; --red: #b3402f; --fill: #b8cbe0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9fb0c0; --line: #3a4754; --blue: #7db3ee; --red: #f0937f; --fill: #3d5875; } }
body { font: 16px/1.6 system-ui, sans-serif; color: var(--ink); margin: 0 auto; padding: 1rem; max-width: 60rem; }
h2 { margin-top: 2.5rem; font-size: 1.15rem; }
svg { width: 100%; max-width: 46rem; height: auto; font-size: 12px; fill: var(--ink); }
.name { text-anchor: end; } .axis { stroke: var(--soft); }
`;

/** One HTML file without script and without anything fetched; `content` is HTML. */
export function htmlPage(title: string, style: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${STYLE}${style}</style></head><body><main>
<h1>${title}</h1>
${content}
</main></body></html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
