import t from 'tap';
import { Supervisor, type SupervisorOptions } from '../../runtime/index.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

/** What must be the same before and after a refusal. */
const figures = (host: Supervisor) => {
  const { agents, workers, turns } = host.stats();
  return { agents, workers, turns };
};

t.test('an unknown type is refused, and the known ones are named', async (t) => {
  const host = await openHost(t, { agents: { probe: fixture('probe'), sleepy: fixture('sleepy') } });
  const before = figures(host);
  await t.rejects(host.send('prob/a', {}), { code: 'ERR_DROWSE_UNKNOWN_TYPE', message: /"prob".*probe, sleepy/ });
  await t.rejects(host.send('a', {}), { code: 'ERR_DROWSE_UNKNOWN_TYPE', message: /<type>\/<key>/ });
  t.same(figures(host), before);
});

t.test('a bad agent id is refused by every verb, in words that name it', async (t) => {
  const host = await openHost(t);
  const before = figures(host);
  for (const id of [
    '',
    'probe/',
    '/a',
    'probe//a',
    'probe/a/',
    'probe/a\nb',
    'probe/\u0000',
    `probe/${'x'.repeat(507)}`,
  ]) {
    const refused = { code: 'ERR_DROWSE_INVALID_AGENT_ID', message: /Agent id "/ };
    await t.rejects(host.send(id, {}), refused);
    await t.rejects(host.warm(id), refused);
    await t.rejects(host.passivate(id), refused);
    await t.rejects(host.delete(id), refused);
    await t.rejects(host.inspect(id), refused);
  }
  t.same(figures(host), before);
  t.equal(await host.send(`probe/${'x'.repeat(506)}`, { do: 'note', what: 1 }), 1, '512 bytes are allowed');
});

t.test('what cannot be copied is refused by its path: in a message, in the state, in a reply', async (t) => {
  const host = await openHost(t);
  const refused = (path: RegExp) => ({ code: 'ERR_DROWSE_NOT_SERIALIZABLE', message: path });
  await t.rejects(host.send('a', { do: 'note', what: [{ f() {} }] }), refused(/^message\.what\[0\]\.f /));
  t.equal(host.stats().workers.threads, 0, 'a message that cannot be copied wakes nobody');
  await t.rejects(host.send('a', { do: 'noteFunction' }), refused(/state\.notes/));
  await t.rejects(host.send('a', { do: 'returnFunction' }), refused(/^reply\.list\[1\] /));
  t.same(await host.send('a', { do: 'notes' }), []);
});

t.test('what is nested too deeply is refused, and holds up nobody for long', async (t) => {
  const host = await openHost(t);
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  const refused = { code: 'ERR_DROWSE_NOT_SERIALIZABLE', message: /nested too deeply/ };
  await t.rejects(host.send('a', { do: 'note', what: nested(20_000) }), refused);
  t.equal(await host.send('a', { do: 'note', what: nested(500) }), 1);
  await t.rejects(host.send('a', { do: 'returnNested', depth: 20_000 }), refused);
  t.same(await host.send('a', { do: 'notes' }), [nested(500)]);
});

t.test('what is too large is refused: a message, a reply, a state', async (t) => {
  const host = await openHost(t, { maxMessageMb: 0.01, maxStateMb: 0.1 });
  const tooLarge = { code: 'ERR_DROWSE_MESSAGE_TOO_LARGE' };
  await t.rejects(host.send('a', { do: 'note', what: 'x'.repeat(20_000) }), tooLarge);
  await t.rejects(host.send('a', { do: 'returnBytes', bytes: 20_000 }), tooLarge);
  await t.rejects(host.send('a', { do: 'grow', bytes: 200_000 }), { code: 'ERR_DROWSE_STATE_TOO_LARGE' });
  t.equal(await host.send('a', { do: 'grow', bytes: 20_000 }), 20_000);
  await t.rejects(host.send('a', { do: 'grow', bytes: 200_000 }), { code: 'ERR_DROWSE_STATE_TOO_LARGE' });
  await host.passivate('a');
  t.match((await host.inspect('a', { state: true }))?.state, { big: { length: 20_000 } });
});

t.test('a bad agent module is refused with its name and the reason', async (t) => {
  const module = (name: string) => new URL(`../fixtures/broken/${name}`, import.meta.url);
  const reasons: Array<[file: string, reason: RegExp]> = [
    ['missing.js', /cannot be loaded: Cannot find module/],
    ['syntax.js', /cannot be loaded/],
    ['throws.js', /cannot be loaded: thrown on import/],
    ['nothing.js', /no agent as its default export/],
    ['no-receive.js', /no receive\(\)/],
  ];
  const host = await openHost(t, { agents: Object.fromEntries(reasons.map(([file]) => [file, module(file)])) });
  for (const [file, reason] of reasons) {
    const refused = { code: 'ERR_DROWSE_BAD_AGENT_MODULE', message: new RegExp(`${file} .*${reason.source}`, 's') };
    await t.rejects(host.send(`${file}/a`, {}), refused);
    await t.rejects(host.warm(`${file}/a`), refused);
  }
  t.equal(host.stats().agents.total, 0);
  t.equal(host.stats().crashes, 0);
});

t.test('more than mailboxLimit messages for one agent are refused; the others go on', async (t) => {
  const host = await openHost(t, { mailboxLimit: 10 });
  const sends = Array.from({ length: 15 }, (_, i) => host.send('a', { do: 'note', what: i }));
  const full = { code: 'ERR_DROWSE_MAILBOX_FULL', retryable: true };
  for (const refused of sends.slice(10)) await t.rejects(refused, full);
  await Promise.all(sends.slice(0, 10));
  t.same(await host.send('a', { do: 'notes' }), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

t.test('a second supervisor on the same directory is refused, and the first goes on', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const host = await openHost(t, { directory });
  await t.rejects(openHost(t, { directory }), {
    code: 'ERR_DROWSE_STORE_LOCKED',
    message: new RegExp(directory),
    retryable: true,
  });
  t.equal(await host.send('a', { do: 'note', what: 1 }), 1);
});

t.test('options out of range are refused by name, and nothing is opened', async (t) => {
  const directory = `${testFolder(t)}/data`;
  const agents = { probe: fixture('probe') };
  const bad: Array<[options: object, named: RegExp]> = [
    [{ agents }, /directory/],
    [{ directory }, /agents/],
    [{ directory, agents: {} }, /agents/],
    [{ directory, agents: { 'a/b': fixture('probe') } }, /"a\/b"/],
    [{ directory, agents: { a: 1 } }, /agents\.a/],
    [{ directory, agents: { a: { module: './a.js', idleTimeoutMs: -1 } } }, /agents\.a\.idleTimeoutMs/],
    [{ directory, agents, idleTimeoutMs: 0 }, /idleTimeoutMs.*0/],
    [{ directory, agents, sweepIntervalMs: Number.NaN }, /sweepIntervalMs.*NaN/],
    [{ directory, agents, mailboxLimit: '10' }, /mailboxLimit.*"10"/],
    [{ directory, agents, durability: 'maybe' }, /durability.*"maybe"/],
    [{ directory, agents, restarts: { backoffMs: [10, 5] } }, /restarts\.backoffMs\[1\]/],
    [{ directory, agents, idleTimeout: 5 }, /idleTimeout is not an option/],
  ];
  for (const [options, named] of bad) {
    await t.rejects(Supervisor.open(options as SupervisorOptions), {
      code: 'ERR_DROWSE_INVALID_OPTIONS',
      message: named,
    });
  }
  const host = await openHost(t, { directory });
  await t.rejects(host.send('a', {}, { timeoutMs: -1 }), { code: 'ERR_DROWSE_INVALID_OPTIONS', message: /timeoutMs/ });
});
