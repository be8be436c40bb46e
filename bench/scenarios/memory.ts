import { agentStages } from '../agent-crowd.ts';
import type { Stages } from '../crowd.ts';
import { progress } from '../progress.ts';
import { type Context, type Figure, figure, type Limit, type Outcome } from '../scenario.ts';
import { overRounds } from '../statistics.ts';
import { bareStages } from '../yardsticks/bare-crowd.ts';

export const about = 'Memory of an awake agent, against that of a bare worker with the same limits';

export async function run(context: Context): Promise<Outcome> {
  const rounds = context.short ? 1 : 3;
  const count = context.short ? 50 : 100;
  const taken: Record<'agents' | 'bare', Stages>[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    progress(`${count} agents and workers, round ${round} of ${rounds}`);
    const bare = await bareStages({ count, cycles: 1 });
    taken.push({ bare, agents: await agentStages({ context, count, cycles: 1 }) });
  }

  const each = ({ before, awake }: Stages, of: 'rss' | 'pss' | 'anonymous') =>
    ((awake[of] ?? Number.NaN) - (before[of] ?? Number.NaN)) / count;
  const size = (name: string, of: 'rss' | 'pss' | 'anonymous', limit?: Limit): Figure => {
    const pairs = taken.map(({ agents, bare }) => ({ value: each(agents, of), yardstick: each(bare, of) }));
    return figure({ name, unit: 'MiB', ...overRounds(pairs), ...(limit && { limit }) });
  };
  const figures = [
    size('RSS of an agent', 'rss', { atMost: 1.5 }),
    size('PSS of an agent', 'pss'),
    size('anonymous memory of an agent', 'anonymous'),
  ];
  return {
    figures: figures.filter(({ value }) => !Number.isNaN(value)),
    invariants: taken.flatMap(({ agents }) => agents.invariants),
  };
}
