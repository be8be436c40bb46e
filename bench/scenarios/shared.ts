import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Supervisor } from 'drowse';
import type { Look } from '../agents/librarian.ts';
import { agents } from '../agents.ts';
import { inChild } from '../child.ts';
import { mustAllowDescriptors } from '../descriptors.ts';
import { footprint } from '../footprint.ts';
import { progress } from '../progress.ts';
import { type Context, figure, type Invariant, type Outcome, same } from '../scenario.ts';

export const about =
  'Memory of data that all agents share, and of the same data in each of them; what is left of what was replaced';

const MIB = 2 ** 20;
const TABLE_MIB = 20;
const PAGES = (TABLE_MIB * MIB) / 4_096;
const PROMPTS = 4_000;
const REPLACEMENTS = 5;
/** Idle agents collect within five seconds what was replaced, and what they have decoded; a second later it is given back. */
const LET_GO_MS = 8_000;

interface Params {
  readonly context: Context;
  readonly count: number;
  readonly table: boolean;
  readonly prompts: boolean;
  /** Each agent reads files of its own. */
  readonly own?: true;
}

interface Measured {
  /** MiB that the awake agents, and what they look at, have added. */
  readonly rss: number;
  /** MiB that tables have left which were replaced. */
  readonly left: number;
  readonly invariants: readonly Invariant[];
}

export async function run(context: Context): Promise<Outcome> {
  const count = context.short ? 20 : 100;
  const few = context.short ? 2 : 10;
  const measure = (params: Omit<Params, 'context'>, what: string) => {
    progress(`${params.count} agents that ${what}`);
    return inChild<Measured>(import.meta.url, 'inThisProcess', { context, ...params });
  };
  const none = await measure({ count, table: false, prompts: false }, 'look at nothing');
  const table = await measure({ count, table: true, prompts: false }, 'look at the table');
  const both = await measure({ count, table: true, prompts: true }, 'look at both');
  const own = await measure({ count: few, table: true, prompts: true, own: true }, 'have their own');
  const rest = none.rss / count;
  return {
    figures: [
      figure({
        name: `${TABLE_MIB} MiB that ${count} agents share`,
        unit: 'MiB',
        value: table.rss - none.rss,
        limit: { atMost: 2 * TABLE_MIB },
      }),
      figure({
        name: '1 MiB of JSON that each has looked at',
        unit: 'MiB an agent',
        value: (both.rss - table.rss) / count,
      }),
      figure({ name: 'both, read by each for itself', unit: 'MiB an agent', value: own.rss / few - rest }),
      figure({
        name: `left of ${REPLACEMENTS} tables that were replaced`,
        unit: 'MiB',
        value: table.left,
        limit: { atMost: TABLE_MIB },
      }),
    ],
    invariants: [none, table, both, own].flatMap(({ invariants }) => invariants),
  };
}

/** For {@link run}, which names it to a child process. @public */
export async function inThisProcess({ context, count, table, prompts, own }: Params): Promise<Measured> {
  mustAllowDescriptors(5 * count, `${count} threads`);
  await using scratch = await mkdtempDisposable(join(context.directory, 'drowse-bench-'));
  const files = { table: join(scratch.path, 'table.bin'), prompts: join(scratch.path, 'prompts.json') };
  await writeFile(files.table, tableOf(1));
  await writeFile(files.prompts, JSON.stringify(Array.from({ length: PROMPTS }, (_, n) => prompt(n))));
  const shared = { table: pathToFileURL(files.table), prompts: pathToFileURL(files.prompts) };
  const before = await footprint();
  await using supervisor = await Supervisor.open({
    directory: join(scratch.path, 'data'),
    agents: { librarian: agents.librarian },
    durability: 'os',
    spares: 0,
    ...(table && !own && { shared }),
  });
  const look: Look = { table, prompts, ...(own && { files }) };
  const lookAll = () =>
    Promise.all(Array.from({ length: count }, (_, n) => supervisor.send<object>(`librarian/${n}`, look)));
  const found = new Set((await lookAll()).map((reply) => JSON.stringify(reply)));
  const expected = (byte: number) => JSON.stringify({ sum: table ? byte * PAGES : 0, prompts: prompts ? PROMPTS : 0 });
  const invariants = [same('what all agents found', [...found], [expected(1)])];
  await wait(LET_GO_MS);
  const awake = await footprint();
  if (own || !table) return { rss: awake.rss - before.rss, left: 0, invariants };
  const replace = async (byte: number) => {
    supervisor.share('table', tableOf(byte));
    const replies = new Set((await lookAll()).map((reply) => JSON.stringify(reply)));
    invariants.push(same(`what all found in table ${byte}`, [...replies], [expected(byte)]));
  };
  // With what the first one leaves, all that was free before it is given back.
  await replace(2);
  await wait(LET_GO_MS);
  const once = await footprint();
  for (let byte = 3; byte < 3 + REPLACEMENTS; byte += 1) await replace(byte);
  await wait(LET_GO_MS);
  const { rss } = await footprint();
  return { rss: awake.rss - before.rss, left: rss - once.rss, invariants };
}

function tableOf(byte: number): Uint8Array {
  return new Uint8Array(TABLE_MIB * MIB).fill(byte);
}

function prompt(id: number): object {
  return { id, name: `prompt ${id}`, text: 'x'.repeat(180), tags: ['a', 'b'], limits: { tokens: 100 } };
}
