import t from 'tap';
import { checkPrograms } from '../model/check.ts';

// A failure names the seed and the path of its program: SEED=<seed> REPLAY=<path> runs that one alone.
const RUNS = Number(process.env.RUNS ?? 1_000);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const REPLAY = process.env.REPLAY;
/** Programs under way at a time, each in a process of its own. */
const LANES = REPLAY === undefined ? 2 : 1;

t.test(`${RUNS} random programs agree with the model (SEED=${SEED} RUNS=${RUNS})`, async (t) => {
  const lanes = Array.from({ length: LANES }, (_, n) =>
    checkPrograms({ seed: SEED + n, runs: Math.ceil(RUNS / LANES), path: REPLAY }),
  );
  const ends = await Promise.allSettled(lanes);
  for (const end of ends) t.equal(end.status, 'fulfilled', end.status === 'rejected' ? end.reason.message : 'a lane');
});
