import { type Context, Hono } from 'hono';
import { DrowseError, type Logger, type Supervisor } from '../runtime/index.ts';
import { AgentFailure, describeError, Refusal } from './errors.ts';
import { refuseForeignPages } from './guard.ts';
import { toJson } from './json.ts';
import { readMessage } from './message.ts';
import { pageOf } from './page.ts';

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
  const app = new Hono();

  app.use((c, next) => {
    refuseForeignPages(c.req.url, c.req.raw.headers, local);
    return next();
  });
  app.get('/health', (c) => answer(c, { ok: true }));
  app.get('/stats', (c) => answer(c, supervisor.stats()));
  app.get('/agents', async (c) => answer(c, await pageOf(supervisor, c.req.query())));

  app.get('/agents/:id{.+}', async (c) => {
    const agentId = agentIdOf(c);
    const info = await supervisor.inspect(agentId, { state: c.req.query('state') === 'true' });
    if (info === undefined) throw new Refusal('NOT_FOUND', `There is no agent ${agentId}.`, agentId);
    return answer(c, info);
  });

  app.post('/agents/:id{.+}', async (c) => {
    const agentId = agentIdOf(c);
    const message = await readMessage(c.req.raw, maxBytes);
    const timeout = c.req.query('timeoutMs');
    const patience = { signal: c.req.raw.signal, ...(timeout !== undefined && { timeoutMs: Number(timeout) }) };
    const reply = await supervisor.send(agentId, message, patience).catch((error: unknown) => {
      throw error instanceof DrowseError ? error : new AgentFailure(error, agentId);
    });
    return answer(c, { reply: reply ?? null });
  });

  app.delete('/agents/:id{.+}', async (c) => answer(c, { deleted: await supervisor.delete(agentIdOf(c)) }));
  app.post('/passivate/:id{.+}', async (c) => answer(c, { passivated: await supervisor.passivate(agentIdOf(c)) }));
  app.post('/warm/:id{.+}', async (c) => {
    await supervisor.warm(agentIdOf(c));
    return answer(c, { warm: true });
  });

  app.notFound((c) => fail(c, new Refusal('NOT_FOUND', `${c.req.method} ${c.req.path} is nothing this host knows.`)));
  app.onError((error, c) => {
    const { code } = describeError(error).body.error;
    if (code === 'INTERNAL_ERROR')
      log?.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed');
    return fail(c, error);
  });
  return app;
}

/** The id behind the path's first segment. Decoded here once, as the router would decode it twice. */
function agentIdOf(c: Context): string {
  const [, , ...segments] = new URL(c.req.url).pathname.split('/');
  try {
    return decodeURIComponent(segments.join('/'));
  } catch {
    throw new Refusal('BAD_REQUEST', `The path ${c.req.path} is not valid percent-encoded UTF-8.`);
  }
}

function answer(c: Context, body: unknown): Response {
  return c.body(toJson(body), 200, JSON_TYPE);
}

function fail(c: Context, error: unknown): Response {
  const { status, body } = describeError(error);
  return c.body(toJson(body), status, JSON_TYPE);
}

const JSON_TYPE = { 'content-type': 'application/json' };
