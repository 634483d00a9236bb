import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RegisteredAdapter, WantedVersion } from '../../src/adapters/registry.js';
import { keepRoster, mainChecksums, mainVersions, undrawn } from '../../src/adapters/roster.js';
import { createFakeEngine } from '../../src/engine/fake.js';
import { createSwitchingEngine } from '../../src/engine/switching.js';
import { KakehashiError } from '../../src/errors.js';
import { craftAdapter, passportFor } from './crafted.js';

function version(
  letter: string,
  canaryShare: number | null = null,
  name = 'tiny',
): RegisteredAdapter {
  const file = craftAdapter();
  const passport = passportFor(file, { name });
  const sha256 = letter.repeat(64);
  return {
    passport: { ...passport, adapter: { ...passport.adapter, sha256 } },
    path: `${sha256}.gguf`,
    engineName: `${name}@${letter}`,
    canaryShare,
  };
}

const asWanted = ({ passport, canaryShare }: RegisteredAdapter): WantedVersion => ({
  name: passport.name,
  sha256: passport.adapter.sha256,
  canaryShare,
});

/** How long loading takes, what it ends with, how often the records are locked before. */
type Given = {
  slow?: number;
  fault?: KakehashiError;
  locked?: number;
  erased?: RegisteredAdapter[];
};

/**
 * A roster over fake engines; `decide` is what a maintainer's command does, `since` what one did after
 * the first adapters were read.
 */
function open(
  first: RegisteredAdapter[],
  { retryMs = 30_000, since }: { retryMs?: number; since?: RegisteredAdapter[] } = {},
) {
  let served = since ?? first;
  let erased: RegisteredAdapter[] = [];
  let event = since === undefined ? 0 : 1;
  let locked = 0;
  let loading: Promise<unknown> = Promise.resolve();
  let fault: KakehashiError | null = null;
  const opened: string[][] = [];
  const openEngine = (adapters: readonly RegisteredAdapter[]) => {
    const names = adapters.map(({ engineName }) => engineName);
    opened.push(names);
    return createFakeEngine({ adapters: names, answer: ({ adapter }) => `said by ${adapter}` });
  };
  const engine = createSwitchingEngine({
    engine: openEngine(first),
    adapters: first.map(({ engineName }) => engineName),
  });
  const notes: string[] = [];
  const prepared: string[][] = [];
  const roster = keepRoster(
    {
      engine,
      first: { served: first, refused: [], seen: '0' },
      newestEvent: () => String(event),
      isWithdrawn: ({ engineName }) => erased.some((one) => one.engineName === engineName),
      wanted: () => {
        if (locked-- > 0) throw new KakehashiError('store.locked', 'Locked.');
        return served.map(asWanted);
      },
      load: async () => {
        const next = served;
        await loading;
        if (fault !== null) throw fault;
        return { served: next, refused: [] };
      },
      open: openEngine,
      prepare: async (next) => {
        prepared.push(names(next));
      },
      onNote: (note) => notes.push(note),
    },
    { retryMs },
  );
  onTestFinished(async () => {
    await roster[Symbol.asyncDispose]();
    await engine.close();
  });
  return {
    roster,
    engine,
    opened,
    notes,
    prepared,
    recover: () => {
      fault = null;
    },
    decide: (next: RegisteredAdapter[], given: Given = {}) => {
      served = next;
      erased = given.erased ?? [];
      locked = given.locked ?? 0;
      fault = given.fault ?? null;
      loading = given.slow === undefined ? Promise.resolve() : sleep(given.slow);
      event++;
    },
  };
}

const names = (adapters: readonly RegisteredAdapter[]) =>
  adapters.map(({ engineName }) => engineName);

describe('keepRoster', () => {
  it('withdraws at the next look, without a new engine and however long the rest takes', async () => {
    const { roster, opened, decide } = open([version('a')]);
    decide([], { slow: 5000 });
    await vi.waitFor(() => expect(roster.served()).toEqual([]), { timeout: 900 });
    expect(opened).toHaveLength(1);
  });

  it('loads a new version into a second engine and serves it only when that is ready', async () => {
    const { roster, engine, opened, decide } = open([version('a')]);
    decide([version('b')]);
    await vi.waitFor(() => expect(names(roster.served())).toEqual(['tiny@b']), { timeout: 2000 });
    expect(opened).toEqual([['tiny@a'], ['tiny@b']]);
    const ask = (adapter: string) =>
      engine.generate({ messages: [{ role: 'user', content: 'x' }], adapter, maxTokens: 9 });
    expect((await ask('tiny@b')).text).toBe('said by tiny@b');
    // Chosen before the switch, asked after it.
    expect((await ask('tiny@a')).text).toBe('said by tiny@a');
  });

  it('lets the version before go on while its successor is being loaded', async () => {
    const { roster, decide } = open([version('a')]);
    decide([version('b')], { slow: 700 });
    await sleep(500);
    expect(names(roster.served())).toEqual(['tiny@a']);
    await vi.waitFor(() => expect(names(roster.served())).toEqual(['tiny@b']), { timeout: 2000 });
  });

  it('ends a trial at once, however long the rest takes', async () => {
    const { roster, decide } = open([version('a'), version('b', 30)]);
    decide([version('a')], { slow: 5000 });
    await vi.waitFor(() => expect(names(roster.served())).toEqual(['tiny@a']), { timeout: 900 });
  });

  it('gives a trial to its share of conversations, always the same ones', async () => {
    const { roster } = open([version('a'), version('b', 30)]);
    const conversations = Array.from({ length: 500 }, (_, at) => `talk ${at}`);
    const draws = conversations.map((id) => names(roster.forConversation(id)));
    expect(draws.every((one) => one.length === 1)).toBe(true);
    const onTrial = draws.filter(([name]) => name === 'tiny@b').length;
    expect(onTrial).toBeGreaterThan(100);
    expect(onTrial).toBeLessThan(200);
    expect(conversations.map((id) => names(roster.forConversation(id)))).toEqual(draws);
  });

  it('keeps what is in service when the next set cannot be loaded, and says so', async () => {
    const { roster, notes, decide } = open([version('a')]);
    decide([version('a'), version('b', 10)], {
      fault: new KakehashiError('adapter.invalid', 'The adapter is damaged.'),
    });
    await vi.waitFor(() => expect(notes.join()).toContain('stay'), { timeout: 2000 });
    expect(names(roster.served())).toEqual(['tiny@a']);
  });

  it('follows what was decided after the adapters were read and before the first look', async () => {
    const { roster } = open([version('a')], { since: [] });
    await vi.waitFor(() => expect(roster.served()).toEqual([]), { timeout: 900 });
  });

  it('withdraws while another adapter is being loaded, and serves nothing that was withdrawn meanwhile', async () => {
    const [tiny, other] = [version('a'), version('b', null, 'other')];
    const { roster, prepared, decide } = open([tiny]);
    decide([tiny, other], { slow: 1500 });
    await sleep(500);
    decide([], { slow: 1500 });
    await vi.waitFor(() => expect(roster.served()).toEqual([]), { timeout: 600 });
    expect(prepared).toEqual([]);
    await vi.waitFor(() => expect(prepared).toEqual([['tiny@a', 'other@b']]), { timeout: 2500 });
    expect(roster.served()).toEqual([]);
  });

  it('withdraws at once a version that only a trial of another one follows', async () => {
    const { roster, decide } = open([version('a')]);
    decide([version('b', 10)], { slow: 2000 });
    await vi.waitFor(() => expect(roster.served()).toEqual([]), { timeout: 900 });
  });

  it('withdraws what learned from an erased document at the next look, also when a successor comes', async () => {
    const { roster, decide } = open([version('a')]);
    decide([version('b')], { erased: [version('a')], slow: 2000 });
    await vi.waitFor(() => expect(roster.served()).toEqual([]), { timeout: 900 });
  });

  it('withdraws although the records were locked when it looked', async () => {
    const { roster, decide } = open([version('a')]);
    decide([], { locked: 1, slow: 2000 });
    await vi.waitFor(() => expect(roster.served()).toEqual([]), { timeout: 1200 });
  });

  it('tries again after a pause what could not be loaded', async () => {
    const { roster, notes, decide, recover } = open([version('a')], { retryMs: 100 });
    decide([version('b')], { fault: new KakehashiError('store.locked', 'Locked.') });
    await vi.waitFor(() => expect(notes.join()).toContain('stay'), { timeout: 2000 });
    recover();
    await vi.waitFor(() => expect(names(roster.served())).toEqual(['tiny@b']), { timeout: 2000 });
  });
});

describe('mainVersions', () => {
  it('are those in service, and a trial only of an adapter that has none', () => {
    const trials = [version('b', 10), version('c', 10, 'other')];
    expect(names(mainVersions([version('a'), ...trials]))).toEqual(['tiny@a', 'other@c']);
  });

  it('alone answer and are written down where answers are measured', () => {
    const served = [version('b', 99), version('a')];
    const { forConversation } = undrawn({ served: () => served });
    for (let at = 0; at < 20; at++) {
      expect(names(forConversation(`conversation-${at}`))).toEqual(['tiny@a']);
    }
    const inEitherOrder = [served, served.toReversed()].map(mainChecksums);
    expect(inEitherOrder).toEqual([{ tiny: 'a'.repeat(64) }, { tiny: 'a'.repeat(64) }]);
  });
});
