import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RegisteredAdapter } from '../src/adapters/registry.js';
import { decisionFile, openPolicy, readDecision } from '../src/chat-policy.js';
import { loadConfig } from '../src/config.js';
import { computeFeatures } from '../src/decision/features.js';
import type { DecisionFile } from '../src/decision/learned.js';
import { chatModelOfProfile } from '../src/models/manifest.js';
import { craftAdapter, passportFor } from './adapters/crafted.js';
import { learnedOn } from './decision/learned-on.js';
import { probe } from './decision/probe.js';

const CHAT = { entry: chatModelOfProfile('starter'), sha256: 'a'.repeat(64) };
const nobody = { served: () => [] };

async function installation() {
  const directory = await mkdtemp(join(tmpdir(), 'kakehashi-policy-'));
  const config = loadConfig({ directory, environment: {} });
  await mkdir(dirname(decisionFile(config)), { recursive: true });
  return {
    config,
    write: (file: DecisionFile) => writeFile(decisionFile(config), JSON.stringify(file)),
  };
}

it('reads what was learned here before what is shipped', async () => {
  const { config, write } = await installation();
  const decisions = await mkdtemp(join(tmpdir(), 'kakehashi-shipped-'));
  expect(await readDecision({ ...config, decisions })).toBeNull();
  const shipped = { ...learnedOn(CHAT.sha256), version: 'shipped' };
  await writeFile(join(decisions, 'default.json'), JSON.stringify(shipped));
  expect((await readDecision({ ...config, decisions }))?.version).toBe('shipped');
  await write(learnedOn(CHAT.sha256));
  expect((await readDecision({ ...config, decisions }))?.version).toBe('learned-here');
});

describe('openPolicy', () => {
  it('takes over what was learned while it serves, and keeps it when the next file is faulty', async () => {
    const { config, write } = await installation();
    const policy = await openPolicy(config, CHAT, nobody);
    expect(policy.current().version).not.toBe('learned-here');
    await write(learnedOn(CHAT.sha256));
    await policy.reload();
    expect(policy.current().version).toBe('learned-here');
    await writeFile(decisionFile(config), '{"version":');
    await expect(policy.reload()).rejects.toMatchObject({ code: 'config.invalid' });
    expect(policy.current().version).toBe('learned-here');
  });

  it('decides by the rule and says so when the file was learned on another chat model', async () => {
    const { config, write } = await installation();
    await write(learnedOn('b'.repeat(64)));
    const notes: string[] = [];
    const policy = await openPolicy(config, CHAT, nobody, (note) => notes.push(note));
    expect(policy.current().version).not.toBe('learned-here');
    expect(notes).toEqual([expect.stringContaining('another chat model')]);
  });

  it('weighs an adapter as it was learned while another version of it is on trial', async () => {
    const { config, write } = await installation();
    const [learned, other] = ['1'.repeat(64), '2'.repeat(64)];
    const file = learnedOn(CHAT.sha256);
    file.learned.adapters = { tiny: learned };
    for (const { arms } of file.risks) Object.assign(arms, { 'both:tiny': arms['direct'] });
    await write(file);
    const gateWith = async (served: RegisteredAdapter[]) => {
      const policy = await openPolicy(config, CHAT, { served: () => served });
      const features = computeFeatures(probe());
      const read = { features, language: 'en', risk: 0.5, arm: 'both', readOut: 0.9 } as const;
      return policy.current().gate({ ...read, adapter: 'tiny' });
    };
    const alone = await gateWith([version(learned, null)]);
    expect(alone.sure).toBe(0.5);
    expect(await gateWith([version(learned, null), version(other, 10)])).toEqual(alone);
    expect(await gateWith([version(other, 10)])).not.toEqual(alone);
  });
});

function version(sha256: string, canaryShare: number | null): RegisteredAdapter {
  const passport = passportFor(craftAdapter());
  const adapter = { ...passport.adapter, sha256 };
  return { passport: { ...passport, adapter }, path: '', engineName: sha256, canaryShare };
}
