import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testApp } from './test-app.js';

const Operation = z.looseObject({
  summary: z.string(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});
const Document = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'post']), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
});
type Document = z.infer<typeof Document>;

async function fetchDocument(): Promise<Document> {
  const { app } = testApp();
  const response = await app.request('/openapi.json');
  expect(response.headers.get('content-type')).toBe('application/json');
  return Document.parse(await response.json());
}

describe('/openapi.json', () => {
  it('lists these addresses', async () => {
    const { paths } = await fetchDocument();
    const list = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => {
        const statuses = Object.keys(operation?.responses ?? {}).join(' ');
        return `${method} ${path}: ${statuses}`;
      }),
    );
    expect(list).toMatchInlineSnapshot(`
      [
        "post /answer: 200 400 404 409 413 415 422 500 503 504",
        "post /search: 200 400 404 413 415 422 500 503 504",
        "get /documents/{corpus}/{id}: 200 400 404 500 503",
        "get /documents/{corpus}/{id}/original: 200 400 404 500 503",
        "post /feedback: 204 400 404 413 415 500 503",
        "get /about: 200 500 503",
        "get /adapters/{name}: 200 400 404 500 503",
        "get /healthz: 200",
        "get /readyz: 200 503",
      ]
    `);
  });

  it('resolves each of its references', async () => {
    const document = await fetchDocument();
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/gu)];
    expect(references.length).toBeGreaterThan(10);
    const names = references.map(([, name]) => name?.replace('#/components/schemas/', ''));
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  });

  it('names each parameter of a path and describes the bodies by name', async () => {
    const { paths, components } = await fetchDocument();
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(['AnswerRequest', 'AnswerResponse', 'Decision', 'Problem']),
    );
    const parameters = paths['/documents/{corpus}/{id}']?.get?.['parameters'];
    expect(parameters).toMatchObject([
      { in: 'path', name: 'corpus', required: true },
      { in: 'path', name: 'id', required: true },
      { in: 'query', name: 'revision' },
    ]);
  });
});
