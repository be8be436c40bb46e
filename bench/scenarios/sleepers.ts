import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dormant, dormant } from '../dormant.ts';
import { fillStore } from '../dormant-store.ts';
import { progress } from '../progress.ts';
import { type Context, figure, type Outcome } from '../scenario.ts';
import { median, overRounds } from '../statistics.ts';

export const about = 'A store of 1,000,000 sleeping agents, against one of 1,000: opening, memory, messages';

const FEW = 1_000;
const MAX_OPEN_MS = 2_000;
const MAX_MORE_MIB = 30;
const MAX_SLOWDOWN = 1.5;

export async function run(context: Context): Promise<Outcome> {
  const many = context.short ? 20_000 : 1_000_000;
  const rounds = context.short ? 1 : 3;
  const wakes = context.short ? 10 : 40;
  await using scratch = await mkdtempDisposable(join(context.directory, 'drowse-bench-'));
  const place = (count: number) => join(scratch.path, String(count));
  for (const count of [FEW, many]) await fillStore(place(count), count);

  const taken: Record<'many' | 'few', Dormant>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    progress(`round ${round + 1} of ${rounds}`);
    // Spread over all of them, each agent once.
    const wakesOf = (count: number) =>
      Array.from({ length: wakes }, (_, n) => Math.floor(((n * rounds + round) * count) / (wakes * rounds)));
    const look = (count: number) =>
      dormant({ directory: place(count), count, wakes: wakesOf(count), calls: context.short ? 300 : 2_000 });
    taken.push({ few: await look(FEW), many: await look(many) });
  }

  const pair = (of: (dormant: Dormant) => number) =>
    overRounds(taken.map(({ many, few }) => ({ value: of(many), yardstick: of(few) })));
  const anonymous = pair(({ opened }) => opened.anonymous ?? Number.NaN);
  const more = median(taken.map(({ many, few }) => (many.opened.anonymous ?? 0) - (few.opened.anonymous ?? 0)));
  const agents = `${many.toLocaleString('en')} agents asleep`;
  const figures = [
    figure({
      name: `opening a store of ${agents}`,
      unit: 'ms',
      value: median(taken.map(({ many }) => many.open)),
      limit: { atMost: MAX_OPEN_MS },
    }),
    figure({
      name: `opening one of ${FEW.toLocaleString('en')}`,
      unit: 'ms',
      value: median(taken.map(({ few }) => few.open)),
    }),
    figure({ name: `anonymous memory with ${agents}`, unit: 'MiB', ...anonymous }),
    figure({ name: 'more than with the small store', unit: 'MiB', value: more, limit: { atMost: MAX_MORE_MIB } }),
    figure({
      name: 'warm message, median',
      unit: 'µs',
      ...pair(({ warm }) => 1_000 * median(warm)),
      limit: { atMost: MAX_SLOWDOWN },
    }),
    figure({
      name: 'cold wake, median',
      unit: 'ms',
      ...pair(({ cold }) => median(cold)),
      limit: { atMost: MAX_SLOWDOWN },
    }),
  ];
  return {
    figures: figures.filter(({ value }) => !Number.isNaN(value)),
    invariants: taken.flatMap(({ few, many }) => [...few.invariants, ...many.invariants]),
  };
}
