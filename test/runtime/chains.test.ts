import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import t from 'tap';
import type { TurnTrace } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';
import { inboxOf, lettersOf } from './durable-messages.ts';
import { Gate } from './gate.ts';

const agents = { caller: fixture('caller'), probe: fixture('probe') };
const ask = (whom: string, what: unknown) => ({ do: 'ask', whom, what });

t.test(
  'inspect tells what a turn was caused by: a send, a tell or an alarm, and the agents whose turns led to it',
  async (t) => {
    const host = await openHost(t, { agents });
    const turnOf = (id: string) =>
      eventually(`a turn of ${id} runs`, async () => (await host.inspect(id))?.awake?.turnOf);
    const controller = new AbortController();
    const whom = ask('caller/b', ask('probe/c', { do: 'waitForAbort' }));
    const asked = host.send('caller/a', whom, { signal: controller.signal });
    t.same(await turnOf('probe/c'), { kind: 'send', chain: ['caller/a', 'caller/b'] });
    t.same(await turnOf('caller/b'), { kind: 'send', chain: ['caller/a'] });
    t.same(await turnOf('caller/a'), { kind: 'send', chain: [] });
    t.match(
      (await host.inspect('probe/c'))?.why,
      /^awake: a turn of a send from caller\/a -> caller\/b has been running/,
    );
    controller.abort();
    await t.rejects(asked, { code: 'ERR_DROWSE_ABORTED' });

    const gate = new Gate(t);
    const stop = { do: 'act', gate: gate.name };
    await host.send('probe/d', { do: 'act', tells: [['probe/e', stop]], alarms: [[0, stop, 'now']] });
    t.same(await turnOf('probe/e'), { kind: 'tell', chain: ['probe/d'] });
    t.same(await turnOf('probe/d'), { kind: 'alarm', chain: [] });
    gate.say('go', 'go');
  },
);

t.test('an error of a turn names the agents whose turns led to it', async (t) => {
  const host = await openHost(t, { agents });
  const crashed = host.send('caller/a', ask('caller/b', ask('probe/c', { do: 'exit', code: 3 })));
  await t.rejects(crashed, {
    code: 'ERR_DROWSE_AGENT_CRASHED',
    message: /^Agent probe\/c crashed in the turn of a send from caller\/a -> caller\/b: /,
  });
});

t.test('each turn is published as it ends, with the agents that led to it', async (t) => {
  const host = await openHost(t, { agents });
  const seen: TurnTrace[] = [];
  const note = (trace: unknown) => void seen.push(trace as TurnTrace);
  subscribe('drowse:turn', note);
  t.teardown(() => unsubscribe('drowse:turn', note));
  await t.rejects(host.send('caller/a', ask('probe/b', { do: 'throw' })));
  await host.send('probe/c', {
    do: 'act',
    tells: [['probe/d', { do: 'nothing' }]],
    alarms: [[0, { do: 'nothing' }, 'now']],
  });
  await t.rejects(host.send('caller/e', ask('probe/f', { do: 'exit', code: 3 })));
  const controller = new AbortController();
  const left = t.rejects(host.send('probe/g', { do: 'waitForAbort' }, { signal: controller.signal }));
  await eventually('its turn runs', async () => (await host.inspect('probe/g'))?.awake?.turnOf);
  controller.abort();
  await left;
  await eventually('all are over', () => seen.length === 8);
  const found = seen.map(
    ({ agentId, kind, chain, outcome }) => `${[...chain, agentId].join(' > ')}: ${kind} ${outcome}`,
  );
  t.same(found.sort(), [
    'caller/a > probe/b: send failed',
    'caller/a: send failed',
    'caller/e > probe/f: send ended',
    'caller/e: send failed',
    'probe/c > probe/d: tell committed',
    'probe/c: alarm committed',
    'probe/c: send committed',
    'probe/g: send cancelled',
  ]);
  t.ok(seen.every(({ tookMs }) => tookMs >= 0));
});

t.test(
  'a durable message keeps its chain: in the inbox, through a restart, as a dead letter, and told again',
  async (t) => {
    const directory = `${testFolder(t)}/data`;
    const options = { directory, agents, maxAttempts: 1 };
    const first = await openHost(t, options);
    const bad = { do: 'act', end: 'throw' };
    const gate = new Gate(t);
    await first.tell('probe/c', { do: 'act', gate: gate.name });
    await eventually('it has stopped', () => gate.begun === 1);
    await first.send('caller/a', ask('probe/b', { do: 'act', tells: [['probe/c', bad]] }));
    const chain = ['caller/a', 'probe/b'];
    const inbox = async (host: typeof first) => (await inboxOf(host, 'probe/c')).at(-1);
    t.match(await inbox(first), { from: 'probe/b', chain });
    await first.close({ drainMs: 0 });
    gate.forget();
    const second = await openHost(t, options);
    await eventually('it has stopped again', () => gate.begun === 2);
    t.match(await inbox(second), { from: 'probe/b', chain });
    gate.say('go');
    const letters = () => lettersOf(second);
    await eventually('it is given up', async () => (await letters()).length === 1);
    const [letter] = await letters();
    t.match(letter, { from: 'probe/b', chain });
    await second.deadLetters.requeue(letter?.id as string);
    await eventually(
      'it is given up again',
      async () => (await letters())[0]?.id !== letter?.id && (await letters()).length,
    );
    t.match((await letters())[0], { from: 'probe/b', chain });
  },
);

t.test('who was told may ask the teller: nobody waits for it', async (t) => {
  const host = await openHost(t, { agents: { caller: agents.caller } });
  await host.send('a', { do: 'tell', whom: 'b', what: ask('a', { do: 'note', what: 'asked back' }) });
  await eventually('it has asked', async () => (await host.send<unknown[]>('a', { do: 'notes' })).length === 1);
});

t.test('of a chain without an end the last sixteen are kept', async (t) => {
  const host = await openHost(t, { agents: { caller: agents.caller } });
  let what: unknown = { do: 'waitForAbort' };
  for (let i = 0; i < 20; i += 1) what = { do: 'tell', whom: `${i % 2}`, what };
  await host.tell('1', what);
  const found = await eventually('the last of them runs', async () => {
    const infos = [await host.inspect('0'), await host.inspect('1')];
    return infos.map((info) => info?.awake?.turnOf?.chain).find((chain) => chain?.length === 16);
  });
  t.match(found.slice(-2), [/^caller\/[01]$/, /^caller\/[01]$/]);
});
