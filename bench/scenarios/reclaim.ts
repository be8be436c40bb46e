import type { Chart } from '../chart.ts';
import { type Curve, curve, type Sample } from '../curve.ts';
import { progress } from '../progress.ts';
import { type Context, type Figure, figure, type Outcome } from '../scenario.ts';

export const about = 'Memory as agents wake and sleep again, against bare workers that are spawned and terminated';

/** MiB over what there was before the first agent, two seconds after the last one slept. */
const MAX_LEFT = { 200: 40, 1000: 80 };
const SOON_S = 2;

export async function run(context: Context): Promise<Outcome> {
  const count = context.short ? 50 : 200;
  const afterMs = context.short ? 3_000 : 30_000;
  const watch = (kind: 'js' | 'bare', count: number, afterMs: number) => {
    progress(`${count} ${kind === 'js' ? 'agents' : 'bare workers'}`);
    return curve({ context, kind, count, afterMs });
  };
  const bare = await watch('bare', count, afterMs);
  const agents = await watch('js', count, afterMs);
  const many = context.short ? undefined : await watch('js', 1_000, 2_000 + 1_000 * SOON_S);

  const size = (name: string, of: (curve: Curve) => number): Figure =>
    figure({ name, unit: 'MiB', value: of(agents), yardstick: of(bare) });
  return {
    figures: [
      size('RSS before', ({ before }) => before.rss),
      size(`RSS with ${count} awake`, ({ awake }) => awake.rss),
      size(`RSS ${SOON_S} s after all sleep`, (curve) => soon(curve).rss),
      size(`RSS ${afterMs / 1_000} s after all sleep`, ({ samples }) => (samples.at(-1) as Sample).rss),
      left(agents, count, MAX_LEFT[200]),
      ...(many ? [left(many, 1_000, MAX_LEFT[1_000])] : []),
    ],
    invariants: [bare, agents, ...(many ? [many] : [])].flatMap(({ invariants }) => invariants),
    charts: [chart('rss', 'RSS', count, { agents, bare }), chart('pss', 'PSS', count, { agents, bare })],
  };
}

function left(curve: Curve, count: number, atMost: number): Figure {
  const value = soon(curve).rss - curve.before.rss;
  return figure({ name: `left of ${count} agents ${SOON_S} s after all sleep`, unit: 'MiB', value, limit: { atMost } });
}

function soon({ samples }: Curve): Sample {
  return samples.find(({ at }) => at >= SOON_S) as Sample;
}

function chart(
  of: 'rss' | 'pss',
  name: string,
  count: number,
  { agents, bare }: Record<'agents' | 'bare', Curve>,
): Chart {
  const points = ({ samples }: Curve) => samples.map((sample) => [sample.at, sample[of] ?? Number.NaN] as const);
  const ends = [agents.samples[0], agents.samples.at(-1)] as Sample[];
  return {
    name: of,
    title: `Memory of a process in which ${count} threads start, idle and end`,
    x: { label: 'since the last one was asleep', unit: 's', scale: 'linear' },
    y: { label: name, unit: 'MiB', scale: 'linear' },
    series: [
      { name: `${count} agents of drowse, which sleep`, points: points(agents) },
      { name: `${count} bare workers, terminated`, points: points(bare) },
      {
        name: 'before the first agent',
        points: ends.map(({ at }) => [at, agents.before[of] ?? Number.NaN]),
        dashed: true,
      },
    ],
  };
}
