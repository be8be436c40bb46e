import type { Hono } from 'hono';
import type { Supervisor } from '../runtime/index.ts';
import { answer, answerText, idOf } from './answer.ts';
import { Refusal } from './errors.ts';
import { type MessageReader, readKey } from './message.ts';
import { limitOf, pageOf } from './page.ts';

/** The requests about durable messages that wait. */
export function addInbox(app: Hono, supervisor: Supervisor, readMessage: MessageReader): void {
  app.post('/tell/:id{.+}', async (c) => {
    const agentId = idOf(c);
    const once = readKey(c.req.raw.headers);
    await supervisor.tell(agentId, await readMessage(c.req.raw), once);
    return answer(c, { told: true }, 202);
  });

  app.get('/inbox/:id{.+}', async (c) => {
    const { json, more } = await pageOf(supervisor.inbox(idOf(c)), limitOf(c.req.query()));
    return answerText(c, `{"messages":${json},"more":${more}}`);
  });

  app.post('/skip/:id{.+}', async (c) => {
    const agentId = idOf(c);
    const { message = '' } = c.req.query();
    if (!/^\d+$/.test(message)) {
      throw new Refusal(
        'BAD_REQUEST',
        `message must be the id of one in the inbox, like 12, not "${message}".`,
        agentId,
      );
    }
    return answer(c, { skipped: await supervisor.skip(agentId, message) });
  });
}
