import { expect, it } from 'vitest';
import { createFakeEmbedder, createFakeEngine } from '../../src/engine/fake.js';
import { describeEmbedder, describeEngine } from './contract.js';

describeEngine('the fake', async () => ({
  engine: createFakeEngine({ adapters: ['tone'], tokenDelayMs: 1 }),
  adapter: 'tone',
  longTemperature: 0,
}));

describeEmbedder('the fake', async () => createFakeEmbedder(96));

it('ends answers under way when it crashes', async () => {
  const engine = createFakeEngine({ answer: () => 'a b c d e f g h', tokenDelayMs: 5 });
  const messages = [{ role: 'user' as const, content: 'x' }];
  const answer = engine.generate(
    { messages, adapter: null, maxTokens: 20 },
    { onText: () => engine.crash() },
  );
  await expect(answer).rejects.toMatchObject({ code: 'engine.crashed' });
  await expect(engine.generate({ messages, adapter: null, maxTokens: 20 })).resolves.toMatchObject({
    text: 'a b c d e f g h',
  });
});

it('puts similar texts near each other', async () => {
  const [question, near, far] = await createFakeEmbedder(256).embed(
    ['有給休暇は何日ですか', '有給休暇は年に20日です', 'the printer is on the second floor'],
    'query',
  );
  const dot = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()) =>
    a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  expect(dot(question, near)).toBeGreaterThan(dot(question, far) + 0.2);
});
