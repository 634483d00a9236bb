import { describe, expect, it } from 'vitest';
import { type MaintenanceEvent, postEvent } from '../src/webhook.js';

const event: MaintenanceEvent = {
  event: 'index.refused',
  corpus: 'manuals',
  code: 'gate.refused',
  detail: 'Gold questions find less.',
  at: '2025-03-01T17:30:00.000Z',
};

describe('postEvent', () => {
  it('posts the event as JSON and follows no redirect', async () => {
    const calls: [unknown, RequestInit | undefined][] = [];
    const fetched: typeof fetch = (url, init) => {
      calls.push([url, init]);
      return Promise.resolve(new Response(null, { status: 204 }));
    };
    expect(await postEvent('https://chat.example.com/hook', event, fetched)).toBe('');
    const [url, init] = calls[0] ?? [];
    expect(url).toBe('https://chat.example.com/hook');
    expect(init).toMatchObject({ method: 'POST', redirect: 'error' });
    expect(init?.body).toBe(JSON.stringify(event));
  });

  it('says when nobody could be told, and does not throw', async () => {
    const broken: typeof fetch = () => Promise.reject(new TypeError('fetch failed'));
    expect(await postEvent('https://chat.example.com/hook', event, broken)).toContain('reached');
    const refusing: typeof fetch = () => Promise.resolve(new Response('no', { status: 403 }));
    expect(await postEvent('https://chat.example.com/hook', event, refusing)).toContain('403');
  });
});
