import { agentStages } from '../agent-crowd.ts';
import type { Stages } from '../crowd.ts';
import { progress } from '../progress.ts';
import { type Context, type Figure, figure, type Outcome, same } from '../scenario.ts';
import { bareStages } from '../yardsticks/bare-crowd.ts';

export const about = 'What is left of the memory once agents sleep, against bare workers that were terminated';

export async function run(context: Context): Promise<Outcome> {
  const count = context.short ? 50 : 100;
  const cycles = context.short ? 3 : 10;
  progress(`${count} agents and workers, ${cycles} cycles`);
  const bare = await bareStages({ count, cycles });
  const agents = await agentStages({ context, count, cycles });
  const size = (name: string, of: (stages: Stages) => number): Figure =>
    figure({ name, unit: 'MiB', value: of(agents), yardstick: of(bare) });
  return {
    figures: [
      size('RSS before', ({ before }) => before.rss),
      size(`RSS with ${count} awake`, ({ awake }) => awake.rss),
      size('RSS after all sleep', ({ asleep }) => asleep.rss),
      size(`RSS after ${cycles} cycles`, ({ cycled }) => cycled.rss),
      size('growth from cycle 1 to the last', ({ asleep, cycled }) => cycled.rss - asleep.rss),
      figure({ name: 'given back', unit: '%', value: givenBack(agents), yardstick: givenBack(bare) }),
    ],
    invariants: [
      ...agents.invariants,
      same('threads after the last cycle, as after the first', agents.cycled.threads, agents.asleep.threads),
      same(
        'descriptors after the last cycle, as after the first',
        agents.cycled.descriptors,
        agents.asleep.descriptors,
      ),
    ],
  };
}

/** The share of what the first cycle took that was there no more after it. */
function givenBack({ before, awake, asleep }: Stages): number {
  return (100 * (awake.rss - asleep.rss)) / (awake.rss - before.rss);
}
