import type { AdapterEvent } from '../store/record-adapters.js';

/** Which versions of one adapter answer, each named by the sha256 of its file. */
export type Standing = {
  /** Null: none is in service. */
  serving: string | null;
  /** A version on trial and the percent of conversations that it gets. */
  canary: { sha256: string; share: number } | null;
  /** What a rollback leads to, the latest last. */
  earlier: readonly string[];
  /** The last event took the adapter out of service. */
  disabled: boolean;
  /** Of the last event; null when there was none or it gave none. */
  reason: string | null;
};

/**
 * Where the events of one adapter, oldest first, have led. A rollback ends a canary when there is
 * one, and else goes back to the version before. A version that was disabled stays out until a
 * promotion or a trial names it: neither the trial of another one nor a rollback brings it back.
 */
export function standingOf(events: readonly AdapterEvent[]): Standing {
  let standing: Standing = {
    serving: null,
    canary: null,
    earlier: [],
    disabled: false,
    reason: null,
  };
  for (const event of events) standing = { ...next(standing, event), reason: event.reason };
  return standing;
}

function next(standing: Standing, { action, sha256, share }: AdapterEvent): Standing {
  switch (action) {
    case 'promote': {
      const before = standing.serving === null ? [] : [standing.serving];
      // A version is not what comes before itself, also when it was promoted again.
      const earlier = [...standing.earlier, ...before].filter((one) => one !== sha256);
      return { ...standing, serving: sha256, canary: null, earlier, disabled: false };
    }
    case 'canary':
      return {
        ...standing,
        canary: sha256 === null || share === null ? null : { sha256, share },
        disabled: false,
      };
    case 'rollback':
      if (standing.canary !== null) return { ...standing, canary: null, disabled: false };
      return {
        ...standing,
        serving: standing.earlier.at(-1) ?? null,
        earlier: standing.earlier.slice(0, -1),
        disabled: false,
      };
    case 'disable': {
      const out = versionsIn(standing);
      const earlier = standing.earlier.filter((sha256) => !out.includes(sha256));
      return { ...standing, serving: null, canary: null, earlier, disabled: true };
    }
  }
}

/** The versions that must be loaded: the one in service, then the one on trial. */
export function versionsIn({ serving, canary }: Standing): string[] {
  return [serving, canary?.sha256 ?? null].filter((sha256) => sha256 !== null);
}

/**
 * Whether a conversation gets the canary. The same conversation always gets the same version, and a
 * larger share keeps those that had it. FNV-1a (Fowler, Noll, Vo) spreads the ids evenly.
 */
export function drawsCanary(conversation: string, share: number): boolean {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(conversation, 'utf8')) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash % 100 < share;
}
