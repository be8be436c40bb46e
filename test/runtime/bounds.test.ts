import t, { type Test } from 'tap';
import type { SupervisorOptions } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';

type Line = { fields: { leftOut?: number; agentId?: string; stream?: string }; text: string };

async function openGreedy(t: Test, options: Partial<SupervisorOptions> = {}) {
  const lines: Line[] = [];
  const note = (fields: Line['fields'], text: string) => void lines.push({ fields, text });
  const log = { debug() {}, info: note, warn: note, error: note };
  const host = await openHost(t, { agents: { greedy: fixture('greedy') }, log, ...options });
  return { host, lines };
}

t.test('sends that wait hold no more memory than mailboxTotalMb, over all agents', async (t) => {
  const { host } = await openGreedy(t, { mailboxTotalMb: 1 });
  const message = { do: 'begun', with: new Uint8Array(300_000) };
  const sends = ['a', 'b', 'c', 'd'].map((id) => host.send(id, message));
  t.ok(host.stats().mailbox.bytes > 900_000);
  await t.rejects(sends[3] as Promise<unknown>, {
    code: 'ERR_DROWSE_OVERLOADED',
    retryable: true,
    message: /mailboxTotalMb allows 1048576/,
  });
  t.same(await Promise.all(sends.slice(0, 3)), [1, 1, 1]);
  t.equal(host.stats().mailbox.bytes, 0);
  t.equal(await host.send('d', message), 1);

  const held = host.send('a', { ...message, with: new Uint8Array(1_000_000) });
  await t.rejects(host.send('asleep', message), { code: 'ERR_DROWSE_OVERLOADED' });
  t.equal(await host.inspect('asleep'), undefined, 'nobody is woken for what is refused');
  await held;
  await host.close();
});

t.test(
  'an agent has up to 1,000 messages under way to others; more are refused, and nobody else notices',
  async (t) => {
    const { host } = await openGreedy(t);
    t.same(await host.send('a', { do: 'send', times: 5_000 }), { answered: 1_000, ERR_DROWSE_OVERLOADED: 4_000 });
  },
);

t.test('what one turn tells is bounded, in number and in bytes; the turn is rolled back', async (t) => {
  const { host } = await openGreedy(t, { maxMessageMb: 1 });
  const refused = { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE', message: /10000 messages, of 1048576 bytes together/ };
  await t.rejects(host.send('a', { do: 'tell', times: 10_001, bytes: 1 }), refused);
  await t.rejects(host.send('a', { do: 'tell', times: 3, bytes: 500_000 }), refused);
  t.equal(await host.send('a', { do: 'tell', times: 2, bytes: 500_000 }), 'told');
});

t.test('a change that is larger than maxMessageMb is kept all the same', async (t) => {
  const { host } = await openGreedy(t, { maxMessageMb: 1 });
  for (const count of [1, 2, 3]) t.equal(await host.send('a', { do: 'keep', bytes: 2_000_000 }), count);
  await host.passivate('a');
  t.equal(await host.send('a', { do: 'keep', bytes: 1 }), 4);
});

t.test('an agent writes a thousand log lines a second, none of them long; what was left out is told', async (t) => {
  const { host, lines } = await openGreedy(t);
  t.equal(await host.send('a', { do: 'log', lines: 3_000, bytes: 10 }), 'logged');
  const told = await eventually('it is told', () => lines.find(({ fields }) => fields.leftOut));
  const written = lines.filter(({ text }) => text === 'a line').length;
  t.ok(written >= 1_000 && written < 3_000, `${written} lines`);
  t.match(told, { fields: { agentId: 'greedy/a', leftOut: 3_000 - written } });
  await host.send('b', { do: 'log', lines: 1, bytes: 1_000_000 });
  const long = await eventually('it is there', () => lines.find(({ fields }) => fields.agentId === 'greedy/b'));
  t.ok(JSON.stringify(long).length < 70_000);
});

t.test('of a flood of output the log has some, inspect the end, and what was left out is told', async (t) => {
  const { host, lines } = await openGreedy(t);
  const CHUNKS = 50;
  t.equal(await host.send('a', { do: 'print', chunks: CHUNKS }), 'printed');
  const output = await eventually('its end is seen', async () => {
    const seen = (await host.inspect('a'))?.awake?.output;
    return seen?.stderr === 'the end' ? seen : undefined;
  });
  t.match(output.stdout, /^x{4096}$/);
  await host.passivate('a');
  const written = lines
    .filter(({ fields }) => fields.stream === 'stdout')
    .reduce((sum, { text }) => sum + text.length, 0);
  const leftOut = lines.reduce((sum, { fields }) => sum + (fields.leftOut ?? 0), 0);
  t.ok(written < (CHUNKS * 64 * 1_024) / 2, `${written} characters were written`);
  t.ok(leftOut > 0 && written + leftOut <= CHUNKS * 64 * 1_024 + 7);
});

for (const isolation of ['thread', 'process'] as const) {
  t.test(`a message whose time is up is not begun in a ${isolation}, though a turn before it blocks`, async (t) => {
    const { host } = await openGreedy(t, { agents: { greedy: { module: fixture('greedy'), isolation } } });
    t.equal(await host.send('a', { do: 'begun' }), 1);
    const blocking = host.send('a', { do: 'block', ms: 300 });
    await t.rejects(host.send('a', { do: 'begun' }, { timeoutMs: 50 }), { code: 'ERR_DROWSE_TIMEOUT' });
    t.equal(await blocking, 'timed-out');
    t.equal(await host.send('a', { do: 'begun' }), 3);
  });
}
