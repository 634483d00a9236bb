import { describe, expect, it } from 'vitest';
import { drawsCanary, standingOf, versionsIn } from '../../src/adapters/standing.js';
import type { AdapterEvent } from '../../src/store/record-adapters.js';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

function event(action: AdapterEvent['action'], rest: Partial<AdapterEvent> = {}): AdapterEvent {
  return {
    id: 1,
    at: '2026-01-01T00:00:00.000Z',
    name: 'tiny',
    action,
    sha256: null,
    share: null,
    reason: null,
    principal: 'local',
    ...rest,
  };
}

const shipped = event('promote', { sha256: A });

describe('standingOf', () => {
  it('serves nothing before the first decision', () => {
    expect(versionsIn(standingOf([]))).toEqual([]);
  });

  it('goes back, one promotion after the other', () => {
    const promoted = [event('promote', { sha256: B }), event('promote', { sha256: C })];
    expect(standingOf([shipped, ...promoted])).toMatchObject({ serving: C, earlier: [A, B] });
    const back = [...promoted, event('rollback')];
    expect(standingOf([shipped, ...back])).toMatchObject({ serving: B, earlier: [A] });
    expect(standingOf([shipped, ...back, event('rollback'), event('rollback')]).serving).toBeNull();
  });

  it('does not pile up the same version promoted twice', () => {
    const twice = [event('promote', { sha256: B }), event('promote', { sha256: B })];
    expect(standingOf([shipped, ...twice])).toMatchObject({ serving: B, earlier: [A] });
  });

  it('loads a canary beside the version in service, and ends it by rollback or promotion', () => {
    const trial = [event('canary', { sha256: B, share: 10 })];
    expect(versionsIn(standingOf([shipped, ...trial]))).toEqual([A, B]);
    expect(standingOf([shipped, ...trial, event('rollback')])).toMatchObject({
      serving: A,
      canary: null,
    });
    expect(standingOf([shipped, ...trial, event('promote', { sha256: B })])).toMatchObject({
      serving: B,
      canary: null,
      earlier: [A],
    });
  });

  it('serves nothing of a disabled adapter until the next promotion, and keeps the reason', () => {
    const off = [event('disable', { reason: 'wrong tone' })];
    expect(standingOf([shipped, ...off])).toMatchObject({ disabled: true, reason: 'wrong tone' });
    expect(versionsIn(standingOf([shipped, ...off]))).toEqual([]);
    expect(versionsIn(standingOf([shipped, ...off, event('promote', { sha256: A })]))).toEqual([A]);
  });

  it('leaves a disabled version out when another one is tried, and when that trial ends', () => {
    const tried = [shipped, event('disable'), event('canary', { sha256: B, share: 10 })];
    expect(versionsIn(standingOf(tried))).toEqual([B]);
    expect(versionsIn(standingOf([...tried, event('rollback')]))).toEqual([]);
  });

  it('never goes back to a version that was disabled, but to one before it', () => {
    const replaced = [shipped, event('disable'), event('promote', { sha256: B })];
    expect(versionsIn(standingOf([...replaced, event('rollback')]))).toEqual([]);
    const promoted = [B, A, C].map((sha256) => event('promote', { sha256 }));
    const off = [shipped, ...promoted, event('disable')];
    expect(standingOf([...off, event('rollback')])).toMatchObject({ serving: A, disabled: false });
    const twice = [shipped, ...promoted.slice(0, 2), event('disable'), event('rollback')];
    expect(standingOf(twice)).toMatchObject({ serving: B, earlier: [] });
    const recovered = [shipped, event('promote', { sha256: B }), event('disable'), shipped];
    expect(standingOf(recovered)).toMatchObject({ serving: A, earlier: [] });
  });
});

describe('drawsCanary', () => {
  const conversations = Array.from({ length: 4000 }, (_, at) => `conversation-${at}`);

  it('gives about the share that was asked for, always to the same conversations', () => {
    const drawn = conversations.filter((id) => drawsCanary(id, 10));
    expect(drawn.length).toBeGreaterThan(320);
    expect(drawn.length).toBeLessThan(480);
    expect(conversations.filter((id) => drawsCanary(id, 10))).toEqual(drawn);
  });

  it('keeps those that had it when the share grows', () => {
    for (const id of conversations.filter((one) => drawsCanary(one, 10))) {
      expect(drawsCanary(id, 30)).toBe(true);
    }
  });
});
