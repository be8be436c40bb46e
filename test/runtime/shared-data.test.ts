import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import type { Supervisor, SupervisorOptions } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';
import { testFolder } from '../test-folder.ts';

const invalid = { code: 'ERR_DROWSE_INVALID_OPTIONS' };
const isolations = ['thread', 'process'] as const;

function open(t: Test, shared: object, options: Partial<SupervisorOptions> = {}, isolation?: 'thread' | 'process') {
  const agents = { reader: { module: fixture('shared-reader'), ...(isolation && { isolation }) } };
  return openHost(t, { agents, shared: shared as Record<string, unknown>, ...options });
}

function read(host: Supervisor, id: string, ...names: string[]): Promise<unknown[]> {
  return host.send(id, { do: 'read', names });
}

for (const isolation of isolations) {
  t.test(`an agent in a ${isolation} reads what the host shares: bytes, texts and JSON`, async (t) => {
    const bytes = Uint8Array.of(1, 2, 3);
    const config = { nested: { list: [1, 'two', null, true] }, empty: {} };
    const shared = { bytes, buffer: Buffer.from('abc'), array: bytes.buffer, motd: 'Grüße \ufeff', config, none: null };
    const host = await open(t, shared, {}, isolation);
    bytes.fill(0);
    config.nested.list.length = 0;
    t.same(await host.send('a', { do: 'names' }), Object.keys(shared));
    t.same(await read(host, 'a', ...Object.keys(shared)), [
      Uint8Array.of(1, 2, 3),
      new Uint8Array(Buffer.from('abc')),
      Uint8Array.of(1, 2, 3),
      'Grüße \ufeff',
      { nested: { list: [1, 'two', null, true] }, empty: {} },
      null,
    ]);
    t.ok(await host.send('a', { do: 'same', name: 'config' }), 'decoded once in a turn');
  });

  t.test(`files are shared with agents in a ${isolation} by how their names end`, async (t) => {
    const folder = testFolder(t, {
      'a.json': '\ufeff{"n":1}',
      'b.MD': '# Title',
      'c.yaml': 'n: 1',
      'd.bin': 'bytes',
      'e.txt': '\ufefftext',
      f: 'none',
    });
    const file = (name: string) => pathToFileURL(join(folder, name));
    const shared = {
      a: file('a.json'),
      b: file('b.MD'),
      c: file('c.yaml'),
      d: file('d.bin'),
      e: file('e.txt'),
      f: file('f'),
    };
    const host = await open(t, shared, { directory: join(folder, 'data') }, isolation);
    const bytes = (text: string) => new Uint8Array(Buffer.from(text));
    t.same(await read(host, 'a', ...Object.keys(shared)), [
      { n: 1 },
      '# Title',
      'n: 1',
      bytes('bytes'),
      'text',
      bytes('none'),
    ]);
  });

  t.test(
    `a piece that is replaced is seen from the next turn on, and by nobody before, in a ${isolation}`,
    async (t) => {
      const folder = testFolder(t);
      const host = await open(
        t,
        { motd: 'old', table: Uint8Array.of(1), other: 1 },
        { directory: join(folder, 'data') },
        isolation,
      );
      const [begun, until] = [join(folder, 'begun'), join(folder, 'until')];
      await read(host, 'idle', 'motd');
      const names = ['motd', 'table', 'other'];
      const running = host.send('busy', { do: 'readLater', begun, until, names });
      await eventually('the turn has begun', () => existsSync(begun));
      host.share('motd', 'new');
      host.share('table', Uint8Array.of(2));
      const next = read(host, 'busy', ...names);
      t.same(await read(host, 'idle', ...names), ['new', Uint8Array.of(2), 1], 'others see it at once');
      t.same(await read(host, 'fresh', ...names), ['new', Uint8Array.of(2), 1]);
      writeFileSync(until, '');
      t.same(await running, ['old', Uint8Array.of(1), 1], 'also of what it had not read yet');
      t.same(await next, ['new', Uint8Array.of(2), 1]);
      host.share('motd', 'newest');
      t.same(await read(host, 'busy', 'motd'), ['newest']);
    },
  );

  t.test(`agents in a ${isolation} see the newest in activate and passivate, sleepers and spares too`, async (t) => {
    const host = await open(t, { motd: 1 }, { spares: 1 }, isolation);
    const spare = () => eventually('there is a spare', () => host.stats().workers.spares === 1);
    await spare();
    host.share('motd', 2);
    await read(host, 'a', 'motd');
    host.share('motd', 3);
    await host.passivate('a');
    host.share('motd', 4);
    await spare();
    host.share('motd', 5);
    t.same(await read(host, 'a', 'motd'), [5]);
    t.same(await host.send('a', { do: 'seen' }), [2, 3, 5]);
  });

  t.test(`JSON is frozen, and the names are fixed, in a ${isolation}`, async (t) => {
    const host = await open(t, { config: { nested: { list: ['a'] } } }, {}, isolation);
    await t.rejects(host.send('a', { do: 'change', name: 'config' }), { name: 'TypeError' });
    await t.rejects(host.send('a', { do: 'assign', name: 'config' }), { name: 'TypeError' });
    await t.rejects(host.send('a', { do: 'assign', name: 'other' }), { name: 'TypeError' });
    t.same(await read(host, 'a', 'config'), [{ nested: { list: ['a'] } }]);
  });

  t.test(`what is shared can be kept in the state of an agent in a ${isolation}, and is then its own`, async (t) => {
    const host = await open(t, { config: { list: ['a'] }, table: Uint8Array.of(1) }, {}, isolation);
    for (const name of ['config', 'table']) await host.send(name, { do: 'keep', name });
    host.share('config', 'other');
    host.share('table', 'other');
    for (const id of ['config', 'table']) await host.passivate(id);
    t.same(await host.send('config', { do: 'kept' }), { list: ['a'] });
    t.same(await host.send('table', { do: 'kept' }), Uint8Array.of(1));
  });
}

t.test('threads share the memory: what one writes, all others see, and a process has a copy', async (t) => {
  const reader = fixture('shared-reader');
  const agents = {
    near: { module: reader, isolation: 'thread' },
    far: { module: reader, isolation: 'process' },
  } as const;
  const host = await openHost(t, { agents, shared: { table: new Uint8Array(4) } });
  t.same(await read(host, 'near/b', 'table'), [new Uint8Array(4)]);
  t.same(await read(host, 'far/b', 'table'), [new Uint8Array(4)]);
  await host.send('near/a', { do: 'write', name: 'table', at: 2, byte: 7 });
  t.same(await read(host, 'near/b', 'table'), [Uint8Array.of(0, 0, 7, 0)]);
  t.same(await read(host, 'far/b', 'table'), [new Uint8Array(4)]);
});

t.test('what is shared counts for no thread: not towards maxHeapMb', async (t) => {
  const host = await open(t, { table: new Uint8Array(100 * 2 ** 20).fill(1) }, { maxHeapMb: 24 }, 'thread');
  for (const id of ['a', 'b', 'c']) await read(host, id, 'table').catch(() => {});
  await host.send('a', { do: 'write', name: 'table', at: 0, byte: 1 });
  const memory = (await host.inspect('a'))?.awake?.memory;
  t.ok(memory && memory.heapUsedMb + memory.externalMb < 24, `it holds ${JSON.stringify(memory)}`);
});

t.test('what was replaced is let go by threads that have nothing to do', async (t) => {
  const host = await open(t, { table: new Uint8Array(2 ** 20) }, {}, 'thread');
  await host.send('a', { do: 'watch', name: 'table' });
  t.notOk(await host.send('a', { do: 'gone' }));
  host.share('table', new Uint8Array(2 ** 20));
  await eventually('the memory is gone', () => host.send('a', { do: 'gone' }));
});

t.test('work that goes on behind a turn sees the newest, and holds nothing of what the turn began with', async (t) => {
  const host = await open(t, { table: new Uint8Array(2 ** 20), motd: 'old' }, {}, 'thread');
  await host.send('a', { do: 'hold' });
  await host.send('a', { do: 'watch', name: 'table' });
  host.share('table', new Uint8Array(2 ** 20));
  host.share('motd', 'new');
  t.equal(await host.send('a', { do: 'readHeld', name: 'motd' }), 'new');
  await t.rejects(host.send('a', { do: 'readHeld', name: 'mood' }), invalid);
  await eventually('the memory is gone', () => host.send('a', { do: 'gone' }));
});

t.test('what was replaced is let go though the agent goes on asking for other pieces', async (t) => {
  const host = await open(t, { table: new Uint8Array(2 ** 20), limits: { tokens: 1 } }, {}, 'thread');
  await host.send('a', { do: 'watch', name: 'table' });
  host.share('table', new Uint8Array(2 ** 20));
  await eventually('the memory is gone', async () => {
    await read(host, 'a', 'limits');
    return host.send('a', { do: 'gone' });
  });
});

t.test('a name that the host does not share is refused, with those that it does', async (t) => {
  const host = await open(t, { motd: 'a', table: Uint8Array.of(1) });
  await t.rejects(read(host, 'a', 'mood'), { ...invalid, message: /named "mood"; there are: motd, table\. / });
  t.throws(() => host.share('mood', 1), {
    ...invalid,
    message: /"mood" was not declared .*; there are: motd, table\.$/,
  });
  const bare = await openHost(t, { agents: { reader: fixture('shared-reader') }, directory: testFolder(t) });
  await t.rejects(read(bare, 'a', 'mood'), { ...invalid, message: /there is none\. Declare it/ });
  t.throws(() => bare.share('mood', 1), { ...invalid, message: /there are: none\.$/ });
  await host.close();
  t.throws(() => host.share('motd', 'b'), { code: 'ERR_DROWSE_CLOSED' });
});

const loop: { self?: unknown } = {};
loop.self = loop;
const unfaithful: Record<string, unknown> = {
  map: new Map(),
  date: new Date(),
  instance: new (class A {})(),
  floats: new Float64Array(1),
  undefined: undefined,
  absent: { a: undefined },
  function: () => 1,
  nan: [Number.NaN],
  minus: -0,
  bigint: 1n,
  hole: Object.assign([], { length: 1 }),
  loop,
  symbol: { [Symbol('s')]: 1 },
  surrogate: '\ud800',
};

for (const [name, value] of Object.entries(unfaithful)) {
  t.test(`a value that cannot be shared as it is is refused by its name: ${name}`, async (t) => {
    await t.rejects(open(t, { good: 1, [name]: value }), { ...invalid, message: new RegExp(`shared\\.${name} `) });
    const host = await open(t, { [name]: 'old' });
    t.throws(() => host.share(name, value), { ...invalid, message: new RegExp(`shared\\.${name} `) });
    t.same(await read(host, 'a', name), ['old'], 'and replaces nothing');
  });
}

t.test('a file that is missing, or is not what its name says, is refused by its name', async (t) => {
  const folder = testFolder(t, { 'bad.json': '{"a":', 'latin.txt': Buffer.from([0xe4]) });
  const file = (name: string) => pathToFileURL(join(folder, name));
  const refused = (shared: object, message: RegExp) =>
    t.rejects(open(t, shared, { directory: join(folder, 'data') }), { ...invalid, message });
  await refused({ prompts: file('none.json') }, /shared\.prompts cannot be read from file:.*none\.json: ENOENT/);
  await refused({ prompts: file('bad.json') }, /shared\.prompts cannot be read from file:.*bad\.json: .*JSON/);
  await refused({ prompts: file('latin.txt') }, /shared\.prompts .* is not encoded in UTF-8/);
  await refused({ prompts: new URL('https://example.org/a.json') }, /shared\.prompts .*https:/);
  for (const wrong of ['prompts.json', ['prompts.json'], new Map([['prompts', 'old']])])
    await refused(wrong as object, /shared must be an object that maps names to files or values/);
  const host = await open(t, { prompts: 'old' }, { directory: join(folder, 'data') });
  t.throws(() => host.share('prompts', file('bad.json')), {
    ...invalid,
    message: /shared\.prompts: files are read when/,
  });
});
