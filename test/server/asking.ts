import type { Test } from 'tap';
import { MemoryStore, type SupervisorOptions } from '../../runtime/index.ts';
import { type AppOptions, createApp } from '../../server/app.ts';
import { openHost } from '../host.ts';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what each test looks at
  body: any;
}

/** The HTTP interface of a supervisor of its own, and ways to ask it. */
export async function open(t: Test, options: Partial<SupervisorOptions> = {}, appOptions: AppOptions = {}) {
  const supervisor = await openHost(t, { store: new MemoryStore(), ...options });
  const app = createApp(supervisor, appOptions);
  const ask = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await app.request(path, { method, ...init });
    return { status: response.status, body: await response.json() };
  };
  const send = (id: string, message: unknown, query = '') => ask('POST', `/agents/${id}${query}`, json(message));
  const tell = (id: string, message: unknown, key?: string) => ask('POST', `/tell/${id}`, json(message, key));
  return { supervisor, app, ask, send, tell };
}

/** A request with a message, under an idempotency key where one is given. */
export function json(message: unknown, key?: string): RequestInit {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
  return { headers, body: JSON.stringify(message) };
}
