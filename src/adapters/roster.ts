import type { Engine } from '../engine/engine.js';
import type { SwitchingEngine } from '../engine/switching.js';
import { isKakehashiError } from '../errors.js';
import type { RefusedAdapter, RegisteredAdapter, WantedVersion } from './registry.js';
import { drawsCanary } from './standing.js';

/** How often the decisions of maintainers are looked for: a withdrawal must hold within a second. */
const LOOK_EVERY_MS = 250;
/** Pause after a failure: loading a second engine costs memory and processor time. */
const RETRY_MS = 30_000;

export type RosterNeeds = {
  engine: SwitchingEngine;
  /** What the engine holds at the beginning, and the newest event before that was read. */
  first: {
    served: readonly RegisteredAdapter[];
    refused: readonly RefusedAdapter[];
    seen: string;
  };
  /** Changes when a maintainer decided something or a document was erased. */
  newestEvent: () => string;
  /** Whether a document that this version learned from was erased; quick. */
  isWithdrawn: (adapter: RegisteredAdapter) => boolean;
  /** The versions that should answer by now; quick. */
  wanted: () => readonly WantedVersion[];
  /** The same, checked and tried out; may take seconds. */
  load: () => Promise<{ served: RegisteredAdapter[]; refused: RefusedAdapter[] }>;
  /** Starts an engine with these adapters. */
  open: (adapters: readonly RegisteredAdapter[]) => Engine;
  /** Called before these versions may be chosen, for what the decision must know of them. */
  prepare: (served: readonly RegisteredAdapter[]) => Promise<void>;
  onNote: (note: string) => void;
};

/** The adapters that may be chosen, kept true to what maintainers decide while the service runs. */
export type Roster = AsyncDisposable & {
  /** One version of each adapter: the one on trial for its share of conversations. */
  forConversation(conversation: string): readonly RegisteredAdapter[];
  served(): readonly RegisteredAdapter[];
  refused(): readonly RefusedAdapter[];
};

/**
 * Looks for decisions several times a second. What is withdrawn cannot be chosen from the next look
 * on, also while something else is loaded; what is new is checked, tried out and loaded into a second
 * engine, which takes over when it is ready; until then the version before goes on. A version that
 * fails any of this is refused with its reason, and the rest goes on as it was. What failed as a whole
 * is tried again after `retryMs`, 30 s by default.
 */
export function keepRoster(
  needs: RosterNeeds,
  { retryMs = RETRY_MS }: { retryMs?: number } = {},
): Roster {
  let { served, refused } = needs.first;
  let loaded = new Set(served.map(({ engineName }) => engineName));
  /** The newest events that withdrew and that loaded; null: to be done again. */
  let withdrawnFor: string | null = needs.first.seen;
  let loadedFor: string | null = needs.first.seen;
  let working: Promise<void> | null = null;
  let stopped = false;

  function withdraw(): void {
    const allowed = served.filter((adapter) => !needs.isWithdrawn(adapter));
    served = stillServing(allowed, needs.wanted());
  }

  async function follow(): Promise<void> {
    const next = await needs.load();
    if (next.served.some(({ engineName }) => !loaded.has(engineName))) {
      const adapters = next.served.map(({ engineName }) => engineName);
      await needs.engine.switchTo({ engine: needs.open(next.served), adapters });
      loaded = new Set(adapters);
    }
    await needs.prepare(next.served);
    ({ served, refused } = next);
    // Something may have been decided since it was read.
    withdraw();
    for (const { name, error } of refused) needs.onNote(`${error.message} (${name})`);
    const names = served.map(({ passport }) => `${passport.name} ${passport.version}`);
    needs.onNote(`Adapters in service: ${names.join(', ') || 'none'}.`);
  }

  function retryLater(failed: string): void {
    withdrawnFor = null;
    setTimeout(() => {
      if (loadedFor === failed) loadedFor = null;
    }, retryMs).unref();
  }

  function look(): void {
    if (stopped) return;
    let newest: string;
    try {
      newest = needs.newestEvent();
      if (newest !== withdrawnFor) withdraw();
      withdrawnFor = newest;
    } catch {
      // A locked file is looked at again in a moment.
      return;
    }
    if (working !== null || newest === loadedFor) return;
    loadedFor = newest;
    working = follow()
      .catch((error: unknown) => {
        const message = isKakehashiError(error) ? error.message : 'An adapter could not be loaded.';
        needs.onNote(`${message} The adapters in service stay.`);
        retryLater(newest);
      })
      .finally(() => {
        working = null;
      });
  }

  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return {
    forConversation: (conversation) => versionsFor(served, conversation),
    served: () => served,
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearInterval(timer);
      await working;
    },
  };
}

/**
 * What may be chosen while the versions wanted are loaded: those that stay, and the one in service of
 * an adapter whose wanted versions are all new, unless that is a trial alone. Of an adapter that is
 * withdrawn nothing.
 */
function stillServing(
  served: readonly RegisteredAdapter[],
  wanted: readonly WantedVersion[],
): RegisteredAdapter[] {
  const wantedOf = ({ passport }: RegisteredAdapter) =>
    wanted.find(({ sha256 }) => sha256 === passport.adapter.sha256);
  return served.flatMap((adapter) => {
    const still = wantedOf(adapter);
    if (still !== undefined) return [{ ...adapter, canaryShare: still.canaryShare }];
    const { name } = adapter.passport;
    const isReplaced =
      wanted.some((one) => one.name === name && one.canaryShare === null) &&
      !served.some((one) => one.passport.name === name && wantedOf(one) !== undefined);
    return isReplaced && adapter.canaryShare === null ? [adapter] : [];
  });
}

/**
 * One version of each adapter, for what is the same in every conversation: the one in service, and one
 * on trial where no other serves.
 */
export function mainVersions(served: readonly RegisteredAdapter[]): RegisteredAdapter[] {
  const isInService = (name: string) =>
    served.some(({ passport, canaryShare }) => canaryShare === null && passport.name === name);
  return served.filter(
    ({ passport, canaryShare }) => canaryShare === null || !isInService(passport.name),
  );
}

/** What an answer needs of a roster. */
export type ServedVersions = Pick<Roster, 'forConversation' | 'served'>;

/** Checksums of the main versions by name. */
export function mainChecksums(served: readonly RegisteredAdapter[]): Record<string, string> {
  return Object.fromEntries(
    mainVersions(served).map(({ passport }) => [passport.name, passport.adapter.sha256]),
  );
}

/** The main versions in every conversation: an answer that is measured is of a version that is known. */
export function undrawn(roster: Pick<Roster, 'served'>): ServedVersions {
  const served = () => mainVersions(roster.served());
  return { served, forConversation: served };
}

function versionsFor(
  served: readonly RegisteredAdapter[],
  conversation: string,
): RegisteredAdapter[] {
  const drawn = served.filter(
    ({ canaryShare }) => canaryShare !== null && drawsCanary(conversation, canaryShare),
  );
  const rest = served.filter(
    ({ canaryShare, passport }) =>
      canaryShare === null && !drawn.some((one) => one.passport.name === passport.name),
  );
  return [...drawn, ...rest];
}
