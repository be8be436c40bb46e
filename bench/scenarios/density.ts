import type { CrowdKind } from '../crowds.ts';
import { progress } from '../progress.ts';
import { type Context, type Figure, figure, type Outcome } from '../scenario.ts';
import { type Standing, standing } from '../standing.ts';

export const about = 'Memory of an awake agent, against that of a bare worker with the same limits; CPU of idle ones';

const SIZES = { rss: 'RSS', pss: 'PSS', anonymous: 'anonymous memory' } as const;
const MAX_SIZE = 1.25;
const MAX_SPARE_SIZE = 1.5;
const MAX_CPU = 5;

export async function run(context: Context): Promise<Outcome> {
  const count = context.short ? 50 : 1_000;
  const idleMs = context.short ? 2_000 : 20_000;
  const few = count / 5;
  const stand = (kind: CrowdKind, what: string, of = count) => {
    progress(`${of} ${what}`);
    return standing({ context, kind, count: of, idleMs });
  };
  const bare = await stand('bare', 'bare workers');
  const js = await stand('js', 'agents in JavaScript');
  const spare = await stand('spare', 'agents in spares', few);
  const ts = await stand('ts', 'agents in TypeScript');

  const each = ({ before, awake }: Standing, of: keyof typeof SIZES, agents = count) =>
    ((awake[of] ?? Number.NaN) - (before[of] ?? Number.NaN)) / agents;
  const sizes = (agents: Standing, name: string, number = count, atMost = MAX_SIZE): Figure[] =>
    (Object.keys(SIZES) as (keyof typeof SIZES)[]).map((of) =>
      figure({
        name: `${SIZES[of]} of an agent in ${name}`,
        unit: 'MiB',
        value: each(agents, of, number),
        yardstick: each(bare, of),
        limit: { atMost },
      }),
    );
  const cpu = { name: `CPU of ${count} idle agents`, unit: '% of a core', value: js.cpu, limit: { atMost: MAX_CPU } };
  return {
    figures: [
      ...[
        ...sizes(js, 'JavaScript'),
        ...sizes(ts, 'TypeScript'),
        ...sizes(spare, 'a rehearsed spare', few, MAX_SPARE_SIZE),
      ].filter(({ value }) => !Number.isNaN(value)),
      figure(cpu),
    ],
    invariants: [bare, js, spare, ts].flatMap(({ invariants }) => invariants),
  };
}
