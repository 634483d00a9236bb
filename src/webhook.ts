/** What a maintainer is told outside the terminal. No document text. */
export type MaintenanceEvent = {
  event:
    | 'index.published'
    | 'index.refused'
    | 'index.failed'
    | 'decision.promoted'
    | 'decision.kept'
    | 'decision.failed';
  corpus: string | null;
  /** Error code, null for what went well. */
  code: string | null;
  detail: string;
  at: string;
};

const TIMEOUT_MS = 10_000;

/**
 * Posts an event as JSON to the address of the configuration. Never throws: whether somebody could be
 * told is said in the result, '' when it went well.
 */
export async function postEvent(
  url: string,
  event: MaintenanceEvent,
  fetchIt: typeof fetch = fetch,
): Promise<string> {
  try {
    const response = await fetchIt(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? '' : `The webhook answered ${response.status}.`;
  } catch {
    return 'The webhook could not be reached.';
  }
}
