import { runInNewContext } from 'node:vm';
import t from 'tap';
import { collectGarbage } from '../../../runtime/memory/collect-garbage.ts';
import { MemoryReturn } from '../../../runtime/memory/memory-return.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';
import trimMemory from '../../../workers/trim-memory.ts';

/** A memory return on a clock moved by hand, with a pool that counts and answers as it is told. */
function make(answer: () => Promise<boolean>) {
  const clock = new ManualClock();
  const pool = { trims: 0, collected: 0 };
  const run = () => {
    pool.trims += 1;
    return answer() as Promise<never>;
  };
  const collect = () => {
    pool.collected += 1;
  };
  const memory = new MemoryReturn({ clock, helpers: { run }, trims: true, collect });
  return { clock, pool, memory, settle: () => new Promise((resolve) => setImmediate(resolve)) };
}

t.test('threads that end together are served by one trim, later ones by the next', async (t) => {
  const { clock, pool, memory, settle } = make(async () => true);
  for (let thread = 0; thread < 10; thread += 1) memory.threadEnded();
  t.equal(pool.trims, 0);
  clock.advance(5_000);
  await settle();
  t.equal(pool.trims, 1);
  clock.advance(5_000);
  t.equal(pool.trims, 1, 'no thread ended since');
  memory.threadEnded();
  clock.advance(5_000);
  t.equal(pool.trims, 2);
});

t.test('what all threads let go is given back once they have collected it', async (t) => {
  const { clock, pool, memory } = make(async () => true);
  memory.letGo(1_000);
  clock.advance(60_000);
  t.equal(pool.trims, 0, 'a little is not worth it');
  memory.letGo(2 ** 20);
  clock.advance(5_000);
  t.equal(pool.trims, 0, 'some may hold it still');
  memory.letGo(2 ** 20);
  clock.advance(5_000);
  t.equal(pool.trims, 0, 'and what came later');
  clock.advance(1_000);
  t.equal(pool.trims, 1);
  clock.advance(60_000);
  t.equal(pool.trims, 1);
  memory.letGo(2 ** 20);
  memory.stop();
  memory.letGo(2 ** 20);
  t.equal(clock.pending, 0, 'after the end nothing is planned');
});

t.test(
  'a trim for what was let go serves the threads too that ended just before, and leaves nothing behind',
  async (t) => {
    const { clock, pool, memory } = make(async () => true);
    memory.letGo(2 ** 20);
    clock.advance(5_500);
    memory.threadEnded();
    clock.advance(500);
    t.equal(pool.trims, 1);
    memory.stop();
    t.equal(clock.pending, 0);
  },
);

t.test('where memory cannot be given back, it is tried once', async (t) => {
  const { clock, pool, memory, settle } = make(async () => false);
  for (let round = 0; round < 3; round += 1) {
    memory.threadEnded();
    clock.advance(5_000);
    await settle();
  }
  t.equal(pool.trims, 1);
});

t.test('a trim that fails, as it does while the host closes, fails nothing', async (t) => {
  const { clock, memory, settle } = make(() => Promise.reject(new Error('closed')));
  memory.threadEnded();
  clock.advance(5_000);
  await settle();
  memory.stop();
  memory.threadEnded();
  t.equal(clock.pending, 0, 'after the end nothing is planned');
});

t.test('this thread is held up for its own garbage only where many threads have ended', async (t) => {
  const { clock, pool, memory, settle } = make(async () => true);
  const end = async (threads: number) => {
    for (let thread = 0; thread < threads; thread += 1) memory.threadEnded();
    clock.advance(5_000);
    await settle();
  };
  await end(49);
  t.equal(pool.collected, 0);
  await end(1);
  t.equal(pool.collected, 1, 'they add up');
  await end(49);
  t.equal(pool.collected, 1);
});

t.test('collecting garbage leaves no trace in contexts that are made later', (t) => {
  const { length } = Array.from({ length: 1_000_000 }, String);
  t.equal(length, 1_000_000);
  const before = process.memoryUsage().heapUsed;
  const had = runInNewContext('typeof gc');
  collectGarbage();
  t.ok(process.memoryUsage().heapUsed < before);
  t.equal(runInNewContext('typeof gc'), had);
  t.end();
});

t.test('a trim says whether it was possible, and throws on no platform', async (t) => {
  t.type(await trimMemory(), 'boolean');
});
