import type { PageLanguage } from './i18n.js';

/** `0.824` → `82%`, as the language writes it. */
export function formatShare(share: number, language: PageLanguage): string {
  return new Intl.NumberFormat(language, { style: 'percent' }).format(share);
}

/** Milliseconds as people read them: `840 ms`, `2.3 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return ms === 0 ? '0 ms' : '<1 ms';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `2025-04-01` → `2025年4月1日`; anything else comes back as it is. */
export function formatDate(date: string, language: PageLanguage): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})/u.exec(date);
  if (match === null) return date;
  const [year = 0, month = 1, day = 1] = match.slice(1).map(Number);
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(
    Date.UTC(year, month - 1, day),
  );
}
