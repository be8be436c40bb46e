import type { CrowdKind } from '../crowds.ts';
import { progress } from '../progress.ts';
import { type Context, type Figure, figure, type Limit, type Outcome } from '../scenario.ts';
import { type Standing, standing } from '../standing.ts';

export const about = 'Memory of an awake agent, against that of a bare worker with the same limits; CPU of idle ones';

const SIZES = { rss: 'RSS', pss: 'PSS', anonymous: 'anonymous memory' } as const;
const MAX_SIZE = 1.25;
const MAX_SPARE_SIZE = 1.5;
const MAX_CPU = 5;

export async function run(context: Context): Promise<Outcome> {
  const count = context.short ? 50 : 1_000;
  const watch = context.short ? { forMs: 2_000, pauseMs: 0 } : { forMs: 20_000, pauseMs: 30_000 };
  const few = count / 5;
  const stand = (
    kind: CrowdKind,
    what: string,
    { of = count, ...watched }: { of?: number; watch?: typeof watch } = {},
  ) => {
    progress(`${of} ${what}`);
    return standing({ context, kind, count: of, ...watched });
  };
  const bare = await stand('bare', 'bare workers');
  const js = await stand('js', 'agents in JavaScript', { watch });
  const spare = await stand('spare', 'agents in spares', { of: few });
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
  const [first, later] = js.cpu as NonNullable<Standing['cpu']>;
  const cpu = (when: string, value: number, limit?: Limit) =>
    figure({ name: `CPU of ${count} idle agents, ${when}`, unit: '% of a core', value, ...(limit && { limit }) });
  return {
    figures: [
      ...[
        ...sizes(js, 'JavaScript'),
        ...sizes(ts, 'TypeScript'),
        ...sizes(spare, 'a rehearsed spare', few, MAX_SPARE_SIZE),
      ].filter(({ value }) => !Number.isNaN(value)),
      cpu('at first', first),
      cpu('later', later, { atMost: MAX_CPU }),
    ],
    invariants: [bare, js, spare, ts].flatMap(({ invariants }) => invariants),
  };
}
