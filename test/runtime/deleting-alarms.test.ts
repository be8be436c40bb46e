import t from 'tap';
import { eventually } from '../eventually.ts';
import { openHost } from '../host.ts';

t.test('what the last turns of an agent that is deleted set, tell and answer is deleted with it', async (t) => {
  const host = await openHost(t);
  for (let round = 0; round < 5; round += 1) {
    // Of these, some are on their way to the host as the delete is asked for: their records are made after it.
    const turns = Array.from({ length: 30 }, (_, n) => {
      const alarm = [60_000, { do: 'note', what: 'old' }, `alarm ${n}`];
      const act = { do: 'act', alarms: [alarm], tells: [['probe/a', { do: 'note', what: 'old' }]] };
      return host.send('probe/a', act, { idempotencyKey: `${n}` }).catch(() => undefined);
    });
    await turns[0];
    const deleted = host.delete('probe/a');
    await Promise.all([deleted, ...turns]);
    t.equal(await host.send('probe/a', { do: 'note', what: 'new' }, { idempotencyKey: '29' }), 1, `round ${round}`);
    t.match(await host.inspect('probe/a', { state: true }), {
      state: { notes: ['new'] },
      inbox: { waiting: 0, alarms: [] },
    });
    await host.delete('probe/a');
  }
});

t.test('an alarm that repeats ends with its agent, whenever that is deleted', async (t) => {
  const host = await openHost(t);
  for (let round = 0; round < 10; round += 1) {
    await host.send('probe/a', { do: 'act', alarms: [[{ every: 1 }, { do: 'note', what: 'tick' }, 'tick']] });
    await eventually('it ticks', async () => (await host.send<unknown[]>('probe/a', { do: 'notes' })).length > 1);
    await host.delete('probe/a');
    // The alarm clock may have woken its id for what it has just seen: there is nothing to be found.
    const { sequence = 0, inbox } = (await host.inspect('probe/a')) ?? {};
    t.same([sequence, inbox?.waiting ?? 0, inbox?.alarms ?? []], [0, 0, []], `round ${round}: nothing is left`);
  }
});

t.test('what runs under a key as its agent is deleted is not joined by what comes after the delete', async (t) => {
  const host = await openHost(t);
  const note = { do: 'note', what: 1 };
  const options = { idempotencyKey: 'k' };
  await Promise.all([host.tell('probe/a', note, options), host.delete('probe/a'), host.tell('probe/a', note, options)]);
  await eventually('the second is processed', async () => (await host.inspect('probe/a'))?.sequence === 1);
  t.same(await host.send('probe/a', { do: 'notes' }), [1]);
  const other = [host.delete('probe/a'), host.tell('probe/a', { do: 'note', what: 2 }, options)];
  await Promise.all(other);
  await eventually('another message too', async () => (await host.inspect('probe/a'))?.sequence === 1);
  t.same(await host.send('probe/a', { do: 'notes' }), [2]);
});
