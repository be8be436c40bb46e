import type { Hono } from 'hono';
import type { Supervisor } from '../runtime/index.ts';
import { answer, answerText, idOf } from './answer.ts';
import { ownError, Refusal } from './errors.ts';
import { answerEvents } from './event-stream.ts';
import { EVENT_STREAM } from './headers.ts';
import { type MessageReader, readKey } from './message.ts';
import { limitOf, pageOf, withNext } from './page.ts';

/** The requests about agents, and the sends to them. */
export function addAgents(app: Hono, supervisor: Supervisor, readMessage: MessageReader): void {
  app.get('/agents', async (c) => {
    const { type, after } = c.req.query();
    const limit = limitOf(c.req.query());
    const list = supervisor.list({ ...(type && { type }), ...(after && { after }), limit: limit + 1 });
    return answerText(c, withNext('agents', await pageOf(list, limit)));
  });

  app.get('/agents/:id{.+}', async (c) => {
    const agentId = idOf(c);
    const info = await supervisor.inspect(agentId, { state: c.req.query('state') === 'true' });
    if (info === undefined) throw new Refusal('NOT_FOUND', `There is no agent ${agentId}.`, agentId);
    return answer(c, info);
  });

  app.post('/agents/:id{.+}', async (c) => {
    const agentId = idOf(c);
    const once = readKey(c.req.raw.headers);
    const message = await readMessage(c.req.raw);
    const timeout = c.req.query('timeoutMs');
    const patience = { signal: c.req.raw.signal, ...(timeout !== undefined && { timeoutMs: Number(timeout) }) };
    const how = { ...patience, ...once };
    try {
      if (c.req.header('accept')?.includes(EVENT_STREAM))
        return await answerEvents(supervisor.stream(agentId, message, how), agentId);
      return answer(c, { reply: (await supervisor.send(agentId, message, how)) ?? null });
    } catch (error) {
      throw ownError(error, agentId);
    }
  });

  app.delete('/agents/:id{.+}', async (c) => answer(c, { deleted: await supervisor.delete(idOf(c)) }));
  app.post('/release/:id{.+}', async (c) => answer(c, { released: await supervisor.release(idOf(c)) }));
  app.post('/passivate/:id{.+}', async (c) => answer(c, { passivated: await supervisor.passivate(idOf(c)) }));
  app.post('/warm/:id{.+}', async (c) => {
    await supervisor.warm(idOf(c));
    return answer(c, { warm: true });
  });
}
