import t, { type Test } from 'tap';
import type { Supervisor, SupervisorOptions } from '../../runtime/index.ts';
import { eventually } from '../eventually.ts';
import { fixture, openHost } from '../host.ts';

const counts = { agents: { counts: fixture('module-counts') } };

interface Counts {
  initialState: number;
  activate: number;
  receive: number;
  passivate: number;
  turns: number;
  worker: number;
  loadedAt: number;
}

function ready(host: Supervisor, count: number): Promise<unknown> {
  return eventually(`${count} are ready`, () => host.stats().workers.spares === count);
}

for (const isolation of ['thread', 'process'] as const) {
  t.test(
    `an agent wakes in a spare ${isolation}, which serves it alone and has run none of its code before`,
    async (t) => {
      const host = await openHost(t, {
        agents: { counts: { module: fixture('module-counts'), isolation } },
        spares: 2,
      });
      const [workers, kind] = [() => host.stats().workers, isolation === 'thread' ? 'threads' : 'processes'] as const;
      await ready(host, 2);
      t.equal(workers()[kind], 2);
      const sentAt = Date.now();
      const first = await host.send<Counts>('a', 1);
      t.ok(first.loadedAt <= sentAt, 'its worker was there before the message');
      t.match(first, { initialState: 1, activate: 1, receive: 1, passivate: 0, turns: 1 });
      await host.passivate('a');
      await ready(host, 2);
      t.equal(workers()[kind], 2, 'the one taken is made up for');
      const again = await host.send<Counts>('a', 1);
      t.match(again, { initialState: 0, activate: 1, receive: 1, passivate: 0, turns: 2 }, 'with all that was kept');
      t.not(again.worker, first.worker);
      const other = await host.send<Counts>('b', 1);
      t.not(other.worker, again.worker);
      await host.close();
      t.equal(workers()[kind], 0, 'closing ends them');
      t.equal(workers().spares, 0);
    },
  );
}

t.test('more agents than there are spares wake all the same', async (t) => {
  const host = await openHost(t, { ...counts, spares: 2 });
  await ready(host, 2);
  const woken = await Promise.all(Array.from({ length: 8 }, (_, n) => host.send<Counts>(`agent ${n}`, 1)));
  t.equal(new Set(woken.map(({ worker }) => worker)).size, 8);
  t.ok(woken.every(({ turns, receive }) => turns === 1 && receive === 1));
});

t.test('by default there is none before the first wake, and one after it', async (t) => {
  const host = await openHost(t, { ...counts, spares: {} });
  t.equal(host.stats().workers.threads, 0);
  await host.send('a', 1);
  await ready(host, 1);
  t.equal(host.stats().workers.threads, 2);
});

t.test('closing does not wait for a spare that is being made', async (t) => {
  const host = await openHost(t, { ...counts, spares: 3 });
  await host.close();
  t.equal(host.stats().workers.threads, 0);
});

function badAtLoad(t: Test, how: string, options: Partial<SupervisorOptions> = {}): Promise<Supervisor> {
  process.env.BAD_AT_LOAD = how;
  const agents = { bad: { module: fixture('bad-at-load'), env: ['BAD_AT_LOAD'] } };
  return openHost(t, {
    agents,
    spares: 1,
    // Of one that loops, and long enough for a busy machine to load the others.
    startTimeoutMs: how === 'loop' ? 2_000 : 30_000,
    restarts: { limit: 1, backoffMs: [1, 10] },
    ...options,
  });
}

for (const [how, code] of [
  ['throw', 'ERR_DROWSE_BAD_AGENT_MODULE'],
  ['exit', 'ERR_DROWSE_AGENT_CRASHED'],
  ['loop', 'ERR_DROWSE_AGENT_CRASHED'],
] as const) {
  t.test(
    `of a module that fails as it is loaded (${how}) no spare is kept, and who wants the agent is told`,
    async (t) => {
      let loads = 0;
      const note = (_: object, text: string): void => {
        if (text === 'loaded') loads += 1;
      };
      const host = await badAtLoad(t, how, { log: { debug() {}, info: note, warn() {}, error() {} } });
      await eventually('the spare is given up', () => loads === 1 && host.stats().workers.threads === 0);
      await t.rejects(host.send('a', 1), { code });
      await eventually('nothing is left', () => host.stats().workers.threads === 0);
      t.equal(host.stats().workers.spares, 0);
      t.equal(loads, 2, 'none was made a second time');
    },
  );
}

t.test('what a module prints as it is loaded in a spare is logged as that', async (t) => {
  const lines: object[] = [];
  const note = (fields: object, text: string) => void lines.push({ ...fields, text });
  const host = await badAtLoad(t, 'nothing', { log: { debug() {}, info: note, warn() {}, error() {} } });
  await ready(host, 1);
  await eventually('it is logged', () => lines.length > 0);
  t.match(lines, [{ agentId: 'bad (spare)', stream: 'stdout', text: 'loaded' }]);
  t.equal(await host.send('a', 1), 1);
});
