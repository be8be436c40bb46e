import { progress } from '../progress.ts';
import { type Context, figure, type Outcome } from '../scenario.ts';
import { standing } from '../standing.ts';

export const about =
  "Memory of agents that call a model provider's SDK (ai): imported by each of them, and loaded once as the host's tools";

const SIZES = { rss: 'RSS', pss: 'PSS' } as const;
const MAX_SHARE = 0.6;

export async function run(context: Context): Promise<Outcome> {
  const count = context.short ? 20 : 100;
  const stand = (kind: 'imports' | 'tools', what: string) => {
    progress(`${count} agents that ${what}`);
    return standing({ context, kind, count });
  };
  const imports = await stand('imports', 'import it');
  const tools = await stand('tools', 'call it');
  const figures = (Object.keys(SIZES) as (keyof typeof SIZES)[]).flatMap((of) => {
    const size = ({ before, awake }: typeof tools) => ({
      all: awake[of] ?? Number.NaN,
      each: ((awake[of] ?? Number.NaN) - (before[of] ?? Number.NaN)) / count,
    });
    const [value, yardstick] = [size(tools), size(imports)];
    const unit = 'MiB';
    const limit = { atMost: MAX_SHARE };
    return [
      figure({
        name: `${SIZES[of]} of an agent that has the SDK as a tool`,
        unit,
        value: value.each,
        yardstick: yardstick.each,
      }),
      figure({
        name: `${SIZES[of]} of a host with ${count} of them, its tools included`,
        unit,
        value: value.all,
        yardstick: yardstick.all,
        limit,
      }),
    ];
  });
  return {
    figures: figures.filter(({ value }) => !Number.isNaN(value)),
    invariants: [imports, tools].flatMap(({ invariants }) => invariants),
  };
}
