import { Hono } from 'hono';
import type { Logger, Supervisor } from '../runtime/index.ts';
import { addAgents } from './agents.ts';
import { answer, fail } from './answer.ts';
import { addDeadLetters } from './dead-letters.ts';
import { describeError, Refusal } from './errors.ts';
import { refuseForeignPages } from './guard.ts';
import { addInbox } from './inbox.ts';
import { readMessage } from './message.ts';

export interface AppOptions {
  /** Largest body of a message, in MiB of JSON; default 16. */
  maxMessageMb?: number;
  /** Takes only requests that name the host by an address or as localhost; for a server on a loopback address. */
  local?: boolean;
  /** Where failures of the host itself go; by default nowhere. */
  log?: Logger;
}

/**
 * The HTTP interface of a supervisor, as docs/http.md describes it, on no socket yet. A request whose signal is aborted
 * cancels its message.
 */
export function createApp(supervisor: Supervisor, options: AppOptions = {}): Hono {
  const { maxMessageMb = 16, local = false, log } = options;
  const maxBytes = Math.floor(maxMessageMb * 1024 * 1024);
  const readWithin = (request: Request) => readMessage(request, maxBytes);
  const app = new Hono();

  app.use((c, next) => {
    refuseForeignPages(c.req.url, c.req.raw.headers, local);
    return next();
  });
  app.get('/health', (c) => answer(c, { ok: true }));
  app.get('/stats', (c) => answer(c, supervisor.stats()));
  app.get('/memory', async (c) => answer(c, await supervisor.memory()));
  addAgents(app, supervisor, readWithin);
  addInbox(app, supervisor, readWithin);
  addDeadLetters(app, supervisor);

  app.notFound((c) => fail(c, new Refusal('NOT_FOUND', `${c.req.method} ${c.req.path} is nothing this host knows.`)));
  app.onError((error, c) => {
    const { code } = describeError(error).body.error;
    if (code === 'INTERNAL_ERROR')
      log?.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed');
    return fail(c, error);
  });
  return app;
}
