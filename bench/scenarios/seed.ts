import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sizes } from '../footprint.ts';
import { processTree, sizesOfTree } from '../process-tree.ts';
import { progress } from '../progress.ts';
import { type Context, figure, type Outcome, same } from '../scenario.ts';
import { Served } from '../served.ts';

export const about = 'Memory of all processes of `drowse serve` with ten agents awake';

const AGENTS = 10;
/** MiB. Not measured here: what a design of this kind reports that runs its agents in one process, on one thread. */
const REPORTED_IN_PROCESS = 89;

export async function run(context: Context): Promise<Outcome> {
  if (process.platform !== 'linux') return { figures: [], invariants: [] };
  const settleMs = context.short ? 1_000 : 10_000;
  await using scratch = await mkdtempDisposable(join(context.directory, 'drowse-bench-'));
  await using served = await Served.start(join(scratch.path, 'data'));
  progress('none awake');
  await sleep(settleMs);
  const asleep = sizesOfTree(served.pid);
  const replies = await Promise.all(Array.from({ length: AGENTS }, (_, n) => served.send(`counter/${n}`, { add: n })));
  progress(`${AGENTS} awake`);
  await sleep(settleMs);
  const awake = sizesOfTree(served.pid);
  const launcher = sizes(served.pid);
  const processes = processTree(served.pid).length;
  const status = await served.stop();

  const size = (name: string, value: number | undefined, yardstick?: number) =>
    figure({ name, unit: 'MiB', value: value ?? Number.NaN, ...(yardstick && { yardstick }) });
  return {
    figures: [
      size('RSS, none awake', asleep.rss),
      size('PSS, none awake', asleep.pss),
      size(`RSS, ${AGENTS} awake, beside a fixed ${REPORTED_IN_PROCESS}`, awake.rss, REPORTED_IN_PROCESS),
      size(`PSS, ${AGENTS} awake, beside a fixed ${REPORTED_IN_PROCESS}`, awake.pss, REPORTED_IN_PROCESS),
      size('of it the launcher, RSS', launcher.rss),
      size('of it the launcher, PSS', launcher.pss),
    ],
    invariants: [
      same(
        'replies',
        replies,
        Array.from({ length: AGENTS }, (_, n) => n),
      ),
      same('processes', processes, 2),
      same('exit status after SIGTERM', status, 0),
    ],
  };
}
