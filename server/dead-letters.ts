import type { Hono } from 'hono';
import type { Supervisor } from '../runtime/index.ts';
import { answer, answerText, idOf } from './answer.ts';
import { Refusal } from './errors.ts';
import { limitOf, pageOf, withNext } from './page.ts';

/** The requests about durable messages that were given up. */
export function addDeadLetters(app: Hono, { deadLetters }: Supervisor): void {
  app.get('/dead-letters', async (c) => {
    const { type, agent, after } = c.req.query();
    const limit = limitOf(c.req.query());
    const filter = { ...(type && { type }), ...(agent && { agentId: agent }), ...(after && { after }) };
    const page = await pageOf(deadLetters.list({ ...filter, limit: limit + 1 }), limit);
    return answerText(c, withNext('deadLetters', page));
  });

  app.get('/dead-letters/:id{.+}', async (c) => {
    const id = idOf(c);
    const letter = await deadLetters.get(id);
    if (letter === undefined) throw new Refusal('NOT_FOUND', `There is no dead letter ${id}.`);
    return answer(c, letter);
  });

  app.delete('/dead-letters/:id{.+}', async (c) => answer(c, { dropped: await deadLetters.drop(idOf(c)) }));
  app.post('/requeue/:id{.+}', async (c) => answer(c, { requeued: await deadLetters.requeue(idOf(c)) }));
}
