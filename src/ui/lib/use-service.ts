import { useEffect, useState } from 'preact/hooks';
import { type About, type Api, ApiError } from './api.js';

export type ServiceState =
  | 'connecting'
  | 'ready'
  | 'loading'
  | 'indexing'
  | 'unreachable'
  | 'locked';

export type Service = { state: ServiceState; about: About | null };

const POLL_MS = 2000;

/**
 * Asks until the service is ready and has introduced itself. `attempt` starts it anew, for instance
 * with an access key.
 */
export function useService(api: Api, attempt: number): Service {
  const [service, setService] = useState<Service>({ state: 'connecting', about: null });

  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function look(): Promise<void> {
      const { signal } = controller;
      const [missing, about] = await Promise.allSettled([api.missing(signal), api.about(signal)]);
      if (signal.aborted) return;
      const known = about.status === 'fulfilled' ? about.value : null;
      const state = stateOf(missing, about);
      setService((before) => ({ state, about: known ?? before.about }));
      if (state === 'locked' || (state === 'ready' && known !== null)) return;
      timer = setTimeout(() => void look(), POLL_MS);
    }

    void look();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [api, attempt]);

  return service;
}

function stateOf(
  missing: PromiseSettledResult<string[]>,
  about: PromiseSettledResult<About>,
): ServiceState {
  if (about.status === 'rejected' && isLocked(about.reason)) return 'locked';
  if (missing.status === 'rejected') return 'unreachable';
  if (missing.value.length === 0) return 'ready';
  const onlyDocuments = missing.value.every((name) => /index|corp|store/u.test(name));
  return onlyDocuments ? 'indexing' : 'loading';
}

function isLocked(reason: unknown): boolean {
  return reason instanceof ApiError && reason.failure.code === 'auth.required';
}
