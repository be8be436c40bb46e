import t from 'tap';
import type { HelperPool } from '../../../runtime/isolates/helper-pool.ts';
import { MemoryReturn } from '../../../runtime/memory/memory-return.ts';
import trimMemory from '../../../workers/trim-memory.ts';
import { ManualClock } from '../../manual-clock.ts';

/** A memory return on a clock moved by hand, with a pool that counts and answers as it is told. */
function make(answer: () => Promise<boolean>) {
  const clock = new ManualClock();
  const pool = { trims: 0 };
  const run = () => {
    pool.trims += 1;
    return answer();
  };
  const memory = new MemoryReturn(clock, { run } as unknown as HelperPool, true);
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

t.test('a trim says whether it was possible, and throws on no platform', async (t) => {
  t.type(await trimMemory(), 'boolean');
});
