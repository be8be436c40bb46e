import type { Chart } from '../chart.ts';
import { cycling } from '../cycling.ts';
import type { Footprint } from '../footprint.ts';
import { type Context, figure, type Outcome, same } from '../scenario.ts';
import { slope } from '../statistics.ts';

export const about = 'What is left in memory after agents woke and slept a hundred times';

const MAX_GROWTH = 60;
const MAX_SLOPE = 0.1;

export async function run(context: Context): Promise<Outcome> {
  const count = context.short ? 20 : 200;
  const rounds = context.short ? 5 : 100;
  const taken = await cycling({ context, kind: 'js', count, rounds });
  const points = taken.rounds.map(({ rss }, index) => [index + 1, rss] as const);
  const [first, last] = [taken.rounds[0] as Footprint, taken.rounds.at(-1) as Footprint];
  const late = points.slice(-Math.ceil(rounds / 2));
  return {
    figures: [
      figure({ name: 'RSS before the first round', unit: 'MiB', value: taken.before.rss }),
      figure({ name: 'RSS after the first round', unit: 'MiB', value: first.rss }),
      figure({ name: `RSS after ${rounds} rounds`, unit: 'MiB', value: last.rss }),
      figure({
        name: `left after ${rounds} rounds of ${count} agents`,
        unit: 'MiB',
        value: last.rss - taken.before.rss,
        limit: { atMost: MAX_GROWTH },
      }),
      figure({
        name: `growth over the last ${late.length} rounds`,
        unit: 'MiB a round',
        value: slope(late),
        limit: { atMost: MAX_SLOPE },
      }),
    ],
    invariants: [
      ...taken.invariants,
      {
        name: 'threads after the last round, as after the first',
        // LevelDB starts a thread of its own with its first compaction, whenever that comes.
        ok: (last.threads ?? 0) <= (first.threads ?? 0) + 1,
        detail: `${last.threads}, not ${first.threads}`,
      },
      same('descriptors after the last round, as after the first', last.descriptors, first.descriptors),
    ],
    charts: [chart(points, taken.before.rss, count)],
  };
}

function chart(points: Array<readonly [number, number]>, before: number, count: number): Chart {
  return {
    name: 'rss',
    title: `RSS with all asleep, after each round of ${count} agents awake and asleep`,
    x: { label: 'rounds', scale: 'linear' },
    y: { label: 'RSS', unit: 'MiB', scale: 'linear' },
    series: [
      { name: 'drowse', points: [[0, before], ...points] },
      {
        name: `limit: ${MAX_GROWTH} MiB more than before`,
        points: [0, points.length].map((x) => [x, before + MAX_GROWTH]),
        dashed: true,
      },
    ],
  };
}
