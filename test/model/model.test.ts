import t from 'tap';
import { checkPrograms } from './check.ts';

// A failure names the seed and the path of its program: SEED=<seed> REPLAY=<path> runs that one alone.
const RUNS = Number(process.env.RUNS ?? 15);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

t.test(`${RUNS} random programs agree with the model (SEED=${SEED})`, async () => {
  await checkPrograms({ seed: SEED, runs: RUNS, path: process.env.REPLAY });
});
