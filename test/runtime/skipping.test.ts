import { writeFileSync } from 'node:fs';
import t from 'tap';
import type { Supervisor } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, lettersOf, notesOf, processed, retryOf } from './durable-messages.ts';
import { Gate } from './gate.ts';
import { HeldDisk } from './held-disk.ts';

const note = (what: unknown) => ({ do: 'note', what });

async function idsOf(host: Supervisor, agentId: string): Promise<string[]> {
  return (await inboxOf(host, agentId)).map(({ id }) => id);
}

t.test('a message that waits is skipped to the dead letters; those around it are processed', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  const events: object[] = [];
  host.on('deadLetter', (event) => events.push(event));
  await host.tell('probe/a', { do: 'act', note: 1, gate: gate.name });
  for (const what of [2, 3]) await host.tell('probe/a', note(what));
  await eventually('the first runs', () => gate.begun === 1);
  const [, second = ''] = await idsOf(host, 'probe/a');
  t.same(await Promise.all([host.skip('probe/a', second), host.skip('probe/a', second)]), [true, true]);
  t.equal(await host.skip('probe/a', second), false, 'it is gone');
  gate.say('go');
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), [1, 3]);
  t.match(await lettersOf(host), [
    { id: `probe/a#${second}`, message: note(2), cause: 'It was skipped.', attempts: [] },
  ]);
  t.match(events, [{ id: `probe/a#${second}`, cause: 'It was skipped.' }], 'which is told once');
});

t.test('a message whose turn runs is skipped by cancelling it', async (t) => {
  const host = await openHost(t);
  const gate = new Gate(t);
  await host.tell('probe/a', { do: 'act', note: 'never', gate: gate.name });
  await host.tell('probe/a', note('behind'));
  await eventually('its turn runs', () => gate.begun === 1);
  const [id = ''] = await idsOf(host, 'probe/a');
  t.equal(await host.skip('probe/a', id), true);
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['behind']);
  t.match(await lettersOf(host), [{ cause: 'It was skipped.', attempts: [{ cause: 'It was skipped.' }] }]);
});

t.test('a turn that ignores its skip is ended with its thread after abortGraceMs', async (t) => {
  const host = await openHost(t, { abortGraceMs: 20 });
  await host.tell('probe/a', { do: 'ignoreAbort' });
  await eventually('its turn runs', async () => (await host.inspect('probe/a'))?.awake?.turnForMs !== undefined);
  const [id = ''] = await idsOf(host, 'probe/a');
  t.equal(await host.skip('probe/a', id), true);
  t.equal(await host.send('probe/a', note(1)), 1);
  t.equal(host.stats().crashes, 0);
});

t.test('a turn that commits before its skip reaches it stays committed, and the skip says so', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store });
  await host.send('probe/a', { do: 'nothing' });
  store.hold('d');
  await host.tell('probe/a', note('committed'));
  await eventually('its record waits to be written', () => store.held.length === 1);
  const [id = ''] = await idsOf(host, 'probe/a');
  const skipped = host.skip('probe/a', id);
  store.release();
  t.equal(await skipped, false);
  t.same(await notesOf(host, 'probe/a'), ['committed']);
  t.same(await lettersOf(host), []);
});

t.test(
  'a message that waits for its next attempt is skipped, awake or asleep; those behind it go on at once',
  async (t) => {
    for (const asleep of [false, true]) {
      const host = await openHost(t, {
        restarts: { backoffMs: [3_600_000, 3_600_000] },
        directory: `${testFolder(t)}/${asleep}`,
      });
      await host.tell('probe/a', { do: 'act', end: 'throw' });
      await host.tell('probe/a', note('behind'));
      await retryOf(host, 'probe/a');
      if (asleep) await host.passivate('probe/a');
      const [id = ''] = await idsOf(host, 'probe/a');
      t.equal(await host.skip('probe/a', id), true);
      await processed(host, 'probe/a');
      t.same(await notesOf(host, 'probe/a'), ['behind']);
      await host.passivate('probe/a');
      t.match(host.stats().workers, { backoff: 0, threads: 0 }, 'nothing waits any more');
      t.match(await lettersOf(host), [{ attempts: [{ cause: /told to throw/ }] }]);
    }
  },
);

t.test('a message of an agent that cannot be started is skipped without starting it', async (t) => {
  const broken = new URL('../fixtures/broken/throws.js', import.meta.url);
  const host = await openHost(t, { agents: { broken, probe: fixture('probe') } });
  const stopped = new Promise((resolve) => host.once('stopped', resolve));
  await host.tell('broken/a', 1);
  await stopped;
  for (const what of [2, 3]) {
    const again = new Promise((resolve) => host.once('stopped', resolve));
    await host.tell('broken/a', what);
    await again;
  }
  const ids = await idsOf(host, 'broken/a');
  t.equal(ids.length, 3);
  let starts = 0;
  host.on('stopped', () => {
    starts += 1;
  });
  t.same(await Promise.all(ids.map((id) => host.skip('broken/a', id))), [true, true, true]);
  t.same(await idsOf(host, 'broken/a'), []);
  t.equal(starts, 0);
  t.match(host.stats().workers, { starting: 0, backoff: 0, threads: 0 });
});

t.test('what is no message of the agent is not skipped, and wakes nobody', async (t) => {
  const host = await openHost(t);
  await host.send('probe/b', note(1));
  await host.passivate('probe/b');
  for (const id of ['', 'x', '0', '-1', '1.5', '1e99', '999', 'Infinity', '99999999999999999999']) {
    t.equal(await host.skip('probe/b', id), false, id);
  }
  t.match(host.stats().workers, { starting: 0, active: 0, backoff: 0, threads: 0 });
});

t.test('a message that is being skipped is not processed meanwhile, and stays if it cannot be moved', async (t) => {
  const store = new HeldDisk();
  const host = await openHost(t, { store });
  const gate = new Gate(t);
  await host.tell('probe/a', { do: 'act', note: 'first', gate: gate.name });
  await host.tell('probe/a', note('skipped'));
  await eventually('the first runs', () => gate.begun === 1);
  const [, id = ''] = await idsOf(host, 'probe/a');
  store.hold('x');
  const failing = t.rejects(host.skip('probe/a', id), { code: 'ERR_DROWSE_STORE_FAILED' });
  await eventually('it is being moved', () => store.held.length === 1);
  gate.say('go');
  t.same(await idsOf(host, 'probe/a').then((ids) => ids.includes(id)), true);
  store.fail();
  await failing;
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['first', 'skipped'], 'a skip that failed is none');

  const again = new Gate(t);
  await host.tell('probe/a', { do: 'act', note: 'third', gate: again.name });
  await host.tell('probe/a', note('never'));
  await eventually('the third runs', () => again.begun === 1);
  const [, other = ''] = await idsOf(host, 'probe/a');
  store.hold('x');
  const skipped = host.skip('probe/a', other);
  await eventually('it is being moved', () => store.held.length === 1);
  again.say('go');
  await eventually('the third has run', async () => (await host.inspect('probe/a'))?.awake?.turnForMs === undefined);
  store.release();
  t.equal(await skipped, true);
  await processed(host, 'probe/a');
  t.same(await notesOf(host, 'probe/a'), ['first', 'skipped', 'third']);
});

t.test('skips of an agent that is asleep do not disturb the one that a message starts meanwhile', async (t) => {
  const store = new HeldDisk();
  const folder = testFolder(t);
  const module = `${folder}/late.mjs`;
  writeFileSync(module, "throw new Error('not written yet');");
  const host = await openHost(t, { store, agents: { late: module } });
  const stopped = new Promise((resolve) => host.once('stopped', resolve));
  await host.tell('late/a', 'told');
  await stopped;
  const [id = ''] = await idsOf(host, 'late/a');
  writeFileSync(
    module,
    'export default { initialState: () => [], receive({ state }, what) { state.push(what); return state; } };',
  );
  store.hold('x');
  const skips = [host.skip('late/a', id), host.skip('late/a', '999'), host.skip('late/a', id)];
  await eventually('it is being moved', () => store.held.length === 1);
  const epochs = new Set<number>();
  host.on('activated', ({ epoch }) => epochs.add(epoch));
  const sent = host.send('late/a', 'sent');
  store.release();
  t.same(await Promise.all(skips), [true, false, true]);
  t.same(await sent, ['sent']);
  t.same(await host.send('late/a', 'sent again'), ['sent', 'sent again']);
  t.equal(epochs.size, 1, 'one incarnation served both');
});
