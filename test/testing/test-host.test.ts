import { once } from 'node:events';
import t from 'tap';
import { ManualClock, TestHost, type TestHostOptions } from '../../testing/index.ts';
import { eventually } from '../eventually.ts';
import { fixture } from '../host.ts';
import { inboxOf, lettersOf, notesOf } from '../runtime/durable-messages.ts';

const MINUTE = 60_000;
const note = (what: unknown) => ({ do: 'note', what });
const open = (options: Partial<TestHostOptions> = {}) =>
  TestHost.open({ agents: { probe: fixture('probe') }, ...options });
const statusOf = async (host: TestHost, id: string) => (await host.supervisor.inspect(id))?.status;
const running = (host: TestHost, id: string) =>
  eventually(`a turn of ${id} runs`, async () => (await host.supervisor.inspect(id))?.awake?.turnOf);

t.test('an agent is sent a message, sleeps, and is as it was', async (t) => {
  await using host = await open();
  t.equal(await host.supervisor.send('a', note(1)), 1);
  t.equal(await host.sleep('a'), true);
  t.equal(await host.sleep('a'), false);
  t.equal(await host.supervisor.send('a', note(2)), 2);
});

t.test('time passes when it is told to: idle agents fall asleep, and not before', async (t) => {
  await using host = await open();
  await host.supervisor.send('a', note(1));
  await host.advance(29 * MINUTE);
  t.equal(await statusOf(host, 'a'), 'active');
  await host.advance(6 * MINUTE);
  t.equal(await statusOf(host, 'a'), 'dormant');
});

t.test('alarms come one after the other, each turn at its own time', async (t) => {
  await using host = await open();
  const alarms = [
    [{ every: 60 * MINUTE }, note('hour'), 'hourly'],
    [90 * MINUTE, note('once'), 'once'],
  ];
  await host.supervisor.send('a', { do: 'act', alarms });
  await host.advance(24 * 60 * MINUTE);
  const notes = await notesOf(host.supervisor, 'a');
  t.equal(notes.length, 25);
  t.same(notes.slice(0, 3), ['hour', 'once', 'hour']);
});

t.test('a crash ends a turn that runs; what waits goes on after its backoff', async (t) => {
  await using host = await open();
  const sent = t.rejects(host.supervisor.send('a', { do: 'waitForAbort' }), { code: 'ERR_DROWSE_AGENT_CRASHED' });
  await running(host, 'a');
  const behind = host.supervisor.send('a', note('behind'));
  t.equal(await host.crash('a'), true);
  await sent;
  t.equal(await eventually('it waits', async () => (await statusOf(host, 'a')) === 'backoff'), true);
  await host.advance(200);
  t.equal(await behind, 1);
  t.equal(await host.crash('nobody'), false);
  await t.rejects(host.crash('no/such'), { code: 'ERR_DROWSE_UNKNOWN_TYPE' });
});

t.test('who awaits what waits for the clock is told so', async (t) => {
  await using host = await open();
  const sent = t.rejects(host.supervisor.send('a', { do: 'waitForAbort' }), { code: 'ERR_DROWSE_AGENT_CRASHED' });
  await running(host, 'a');
  const behind = host.supervisor.send('a', note('behind'));
  const warned = once(process, 'warning');
  await host.crash('a');
  await sent;
  const [warning] = await warned;
  t.match(warning, { code: 'DROWSE_TEST_WAITS', message: /^Messages to probe\/a wait for its backoff/ });
  await host.advance(200);
  t.equal(await behind, 1);
});

t.test('who awaits a disk that is held is told so', async (t) => {
  await using host = await open();
  const warned = once(process, 'warning');
  host.disk.hold();
  const sent = host.supervisor.send('a', note(1));
  const [warning] = await warned;
  t.match(warning, { code: 'DROWSE_TEST_WAITS', message: /^Writes wait for the disk/ });
  host.disk.release();
  t.equal(await sent, 1);
});

t.test('a hung agent is told of as one, and goes on', async (t) => {
  await using host = await open();
  const sent = t.rejects(host.supervisor.send('a', { do: 'waitForAbort' }), { code: 'ERR_DROWSE_AGENT_HUNG' });
  await running(host, 'a');
  t.equal(await host.hang('a'), true);
  await sent;
  t.equal(await host.supervisor.send('a', note(1)), 1);
});

t.test('a full disk fails turns and loses nothing that was told of; freed, all goes on', async (t) => {
  await using host = await open();
  t.equal(await host.supervisor.send('a', note(1)), 1);
  host.disk.fill();
  await t.rejects(host.supervisor.send('a', note(2)), { code: 'ERR_DROWSE_STORE_FAILED' });
  await t.rejects(host.supervisor.tell('a', note(3)), { code: 'ERR_DROWSE_STORE_FAILED' });
  host.disk.free();
  const sent = host.supervisor.send('a', note(4));
  await host.advance(1_000);
  t.equal(await sent, 2, 'after the backoff');
  t.same(await notesOf(host.supervisor, 'a'), [1, 4]);
});

t.test('a disk that fills during a turn fails that turn', async (t) => {
  await using host = await open();
  host.disk.hold();
  const sent = host.supervisor.send('a', note(1));
  await eventually('it waits for the disk', () => host.disk.waiting === 1);
  host.disk.fill();
  host.disk.release();
  await t.rejects(sent, { code: 'ERR_DROWSE_STORE_FAILED' });
  host.disk.free();
  const next = host.supervisor.send('a', note(2));
  await host.advance(1_000);
  t.equal(await next, 1);
});

t.test('a slow disk holds up replies', async (t) => {
  await using host = await open();
  host.disk.slow(1_000);
  const sent = host.supervisor.send('a', note(1));
  await eventually('it waits for the disk', () => host.disk.waiting === 1);
  await host.advance(999);
  t.equal(host.disk.waiting, 1);
  await host.advance(1);
  t.equal(await sent, 1);
});

t.test('a message whose turns fail becomes a dead letter as time passes', async (t) => {
  await using host = await open();
  await host.supervisor.tell('a', { do: 'throw' });
  await host.advance(MINUTE);
  t.match(await lettersOf(host.supervisor), [{ agentId: 'probe/a', attempts: { length: 3 } }]);
});

t.test('a turn that waits for its time out is not waited for', async (t) => {
  await using host = await open({ sendTimeoutMs: MINUTE });
  const sent = t.rejects(host.supervisor.send('a', { do: 'waitForAbort' }), { code: 'ERR_DROWSE_TIMEOUT' });
  await running(host, 'a');
  await host.advance(MINUTE);
  await sent;
});

t.test('a restart keeps what is on disk, and cuts off what runs', async (t) => {
  await using host = await open();
  await host.supervisor.send('a', note(1));
  const cut = t.rejects(host.supervisor.send('b', { do: 'ignoreAbort' }), { code: 'ERR_DROWSE_CLOSED' });
  await running(host, 'b');
  const before = host.supervisor;
  await host.restart();
  await cut;
  t.not(host.supervisor, before);
  t.equal(await host.supervisor.send('a', note(2)), 2);
  t.equal(host.supervisor.stats().agents.total, 1);
  t.same(await inboxOf(host.supervisor, 'a'), []);
});

t.test('a restart takes no time of an agent that sleeps when it is asked to', async (t) => {
  await using host = await open();
  await host.supervisor.send('a', note(1));
  const before = host.clock.now();
  await host.restart();
  t.equal(host.clock.now(), before);
});

t.test('a restart takes no more than abortGraceMs of a turn that ignores its end', async (t) => {
  await using host = await open({ abortGraceMs: 1_000 });
  const cut = t.rejects(host.supervisor.send('a', { do: 'ignoreAbort' }), { code: 'ERR_DROWSE_CLOSED' });
  await running(host, 'a');
  const before = host.clock.now();
  await host.restart();
  await cut;
  t.ok(host.clock.now() - before <= 2_000, 'the grace of the turn, and of the close');
});

t.test('what is no length of time is refused, and the clock stays where it was', async (t) => {
  await using host = await open();
  const before = host.clock.now();
  for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY, undefined as unknown as number]) {
    await t.rejects(host.advance(ms), { code: 'ERR_DROWSE_INVALID_OPTIONS' });
    t.throws(() => host.clock.advance(ms), { code: 'ERR_DROWSE_INVALID_OPTIONS' });
  }
  t.equal(host.clock.now(), before);
});

t.test('two advances at once follow each other', async (t) => {
  await using host = await open();
  await host.supervisor.send('a', { do: 'act', alarms: [[MINUTE, note('once'), 'once']] });
  const before = host.clock.now();
  const both = [host.advance(2 * MINUTE), host.advance(3 * MINUTE)];
  await t.rejects(host.advance(-1), { code: 'ERR_DROWSE_INVALID_OPTIONS' });
  await Promise.all(both);
  t.equal(host.clock.now() - before, 5 * MINUTE);
  t.same(await notesOf(host.supervisor, 'a'), ['once']);
});

t.test('the clock may be moved by what comes due, and does not go back', async (t) => {
  const clock = new ManualClock(0);
  clock.after(1, () => clock.advance(10));
  clock.advance(5);
  t.equal(clock.now(), 11);
  await using host = await open();
  const before = host.clock.now();
  const advancing = host.advance(MINUTE);
  host.clock.advance(10 * MINUTE);
  await advancing;
  t.ok(host.clock.now() - before >= 10 * MINUTE);
});

t.test('two hosts know nothing of each other', async (t) => {
  await using one = await open();
  await using other = await open();
  await one.supervisor.send('a', note(1));
  t.same(await notesOf(other.supervisor, 'a'), []);
  await one.advance(60 * MINUTE);
  t.equal(await statusOf(other, 'a'), 'active');
});
