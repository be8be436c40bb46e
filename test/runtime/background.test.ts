import t from 'tap';
import { eventually } from '../eventually.ts';
import { fixture, openHeld, openHost } from '../host.ts';
import { inboxOf, lettersOf, notesOf } from './durable-messages.ts';

const agents = { behind: fixture('behind') };
const later = (act: string, whom?: string) => ({ do: 'later', act, ...(whom && { whom }) });
const UNTRACKED = 'ERR_DROWSE_UNTRACKED_MUTATION';

t.test('work that goes on behind its turn comes back into the state by a tell, or a send, to its agent', async (t) => {
  const host = await openHost(t, { agents });
  const noted = (count: number) =>
    eventually(`${count} are noted`, async () => {
      const notes = await notesOf(host, 'a');
      return notes.length === count && notes;
    });
  await host.send('a', later('tell'));
  t.same(await noted(1), ['told later']);
  await host.send('a', later('send'));
  t.same(await noted(3), ['told later', 'sent later', { count: 2 }]);
  await host.send('a', later('tell', 'b'));
  await eventually('another is told', async () => (await notesOf(host, 'b')).length === 1);
  t.same(await lettersOf(host), []);
});

t.test('it cannot touch the state, nor set alarms: the error says how it is done', async (t) => {
  const host = await openHost(t, { agents });
  for (const act of ['state', 'alarm']) {
    await host.send('a', later(act));
    await eventually('it is refused', async () => (await notesOf(host, 'a')).at(-1) === UNTRACKED);
    await host.delete('a');
  }
  await host.send('a', later('tellNobody'));
  await eventually('a tell is refused', async () => (await notesOf(host, 'a')).at(-1) === 'ERR_DROWSE_UNKNOWN_TYPE');
});

t.test('a part of the state that a turn kept in hand is of no use after it, committed or rolled back', async (t) => {
  const host = await openHost(t, { agents });
  const refused = {
    code: UNTRACKED,
    message: /^A part of agent\.state was used after its turn had ended, .*agent\.tell\(agent\.id, …\)/,
  };
  await host.send('a', { do: 'keepPart' });
  await t.rejects(host.send('a', { do: 'usePart' }), refused);
  await t.rejects(host.send('a', { do: 'keepPart', throw: true }), { name: 'RangeError' });
  await t.rejects(host.send('a', { do: 'usePart' }), refused);
  t.same(await notesOf(host, 'a'), []);
});

t.test('what is told behind a turn leaves after all turns before it are durable', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const sent = host.send('a', later('tell', 'b'));
  await eventually('the turn waits to be written', () => disk.waiting === 1);
  await eventually('it has been told', async () => (await host.inspect('a'))?.awake?.keptAwake === false);
  t.same(await inboxOf(host, 'b'), []);
  disk.release();
  await sent;
  await eventually('the other is told', async () => (await notesOf(host, 'b')).length === 1);
});

t.test('what an agent tells itself behind a turn is deleted with it', async (t) => {
  const { host, disk } = await openHeld(t, { agents });
  const sent = host.send('a', later('tell'));
  await eventually('the turn waits to be written', () => disk.waiting === 1);
  await eventually('it has been told', async () => (await host.inspect('a'))?.awake?.keptAwake === false);
  const deleted = host.delete('a');
  disk.release();
  await sent;
  t.equal(await deleted, true);
  t.equal(await host.inspect('a'), undefined);
  t.same(await notesOf(host, 'a'), []);
});

t.test('who reads on behind the turn that asked is told that the stream has ended with it', async (t) => {
  const host = await openHost(t, { agents: { ...agents, streamer: fixture('streamer') } });
  const what = { do: 'yield', chunks: ['a'], end: 'waitForAbort' };
  await host.send('behind/a', { do: 'readOn', whom: 'streamer/b', what });
  const last = async () => (await notesOf(host, 'behind/a')).at(-1);
  t.equal(await eventually('it is told', last), 'ERR_DROWSE_ABORTED');
});
