import t from 'tap';
import type chat from '../../examples/chat.ts';
import { fixture, openHost } from '../host.ts';
import { collect, lettersOf } from './durable-messages.ts';

t.test("a handle's verbs are its supervisor's, for one agent", async (t) => {
  const host = await openHost(t, { agents: { chat: new URL('../../examples/chat.ts', import.meta.url) } });
  const ada = host.agent<typeof chat>('ada');
  t.equal(ada.id, 'chat/ada');
  await ada.warm();
  t.match(await ada.send({ say: 'hello' }), { messages: 2 });
  await ada.tell({ say: 'again' }, { idempotencyKey: 'k' });
  await ada.tell({ say: 'again' }, { idempotencyKey: 'k' });
  const stream = ada.stream({ say: 'third' });
  t.same(await collect(stream), []);
  t.match(await stream.reply, { messages: 6 });
  t.equal(await ada.passivate(), true);
  t.notOk('state' in ((await ada.inspect()) ?? {}));
  const info = await ada.inspect({ state: true });
  t.equal(info?.state?.messages.at(-2)?.content, 'third');
  t.equal(await ada.release(), false);
  t.equal(await ada.delete(), true);
  t.equal(await ada.inspect(), undefined);
});

t.test('a handle shows the inbox, and skips a message of it', async (t) => {
  const host = await openHost(t, { restarts: { backoffMs: [60_000, 60_000] } });
  const ada = host.agent('probe/ada');
  await ada.tell({ do: 'throw' });
  const [waiting] = await collect(ada.inbox());
  t.match(waiting, { message: { do: 'throw' } });
  t.equal(await ada.skip(waiting?.id ?? ''), true);
  t.equal((await lettersOf(host)).length, 1);
});

t.test('a handle is had for what can be an agent, and wakes nobody', async (t) => {
  const agents = { probe: fixture('probe'), other: fixture('probe') };
  const host = await openHost(t, { agents });
  t.equal(host.agent('probe/ada').id, 'probe/ada');
  t.equal(host.stats().workers.threads, 0);
  t.throws(() => host.agent('nobody/ada'), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
  t.throws(() => host.agent('probe/'), { code: 'ERR_DROWSE_INVALID_AGENT_ID' });
  await host.close();
  t.throws(() => host.agent('probe/ada'), { code: 'ERR_DROWSE_CLOSED' });
});
