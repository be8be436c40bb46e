import { Supervisor } from 'drowse';
import { agents, message } from './agents.ts';
import { inChild } from './child.ts';
import { dormantId } from './dormant-store.ts';
import { footprint, type Sizes } from './footprint.ts';
import { timed } from './load.ts';
import { type Invariant, same } from './scenario.ts';

interface Params {
  /** Of a store of dormant conversations. */
  readonly directory: string;
  readonly count: number;
  /** Which of them are woken: each once in the life of the store. */
  readonly wakes: readonly number[];
  /** How many messages the first of them is sent once it is awake. */
  readonly calls: number;
}

/** What a store costs whose agents are asleep. Times are milliseconds. */
export interface Dormant {
  readonly open: number;
  /** Of the process, before the first agent wakes. */
  readonly opened: Sizes;
  readonly warm: readonly number[];
  readonly cold: readonly number[];
  readonly invariants: readonly Invariant[];
}

/** Opens a store of dormant conversations in a process of its own, and wakes some of them. */
export function dormant(params: Params): Promise<Dormant> {
  return inChild(import.meta.url, 'inThisProcess', params);
}

/** For {@link dormant}, which names it to a child process. @public */
export async function inThisProcess({ directory, count, wakes, calls }: Params): Promise<Dormant> {
  const start = performance.now();
  await using supervisor = await Supervisor.open({ directory, agents, durability: 'os', spares: 0 });
  const open = performance.now() - start;
  const opened = await footprint();
  const asleep = supervisor.stats().agents;

  let wrong = 0;
  const send = async (n: number, nth: number) => {
    const reply = await supervisor.send(dormantId(n), { amend: message.text });
    if (JSON.stringify(reply) !== JSON.stringify({ messages: 1, amended: nth })) wrong += 1;
  };
  const [first = 0] = wakes;
  const cold: number[] = [];
  for (const n of wakes) {
    cold.push(await timed(() => send(n, 1)));
    if (n !== first) await supervisor.passivate(dormantId(n));
  }
  const warm: number[] = [];
  for (let call = 1; call <= calls; call += 1) warm.push(await timed(() => send(first, call + 1)));

  const { turns, crashes } = supervisor.stats();
  const invariants = [
    same(`${count} agents: total, active, inactive`, [asleep.total, asleep.active, asleep.inactive], [count, 0, count]),
    same(`${count} agents: total at the end`, supervisor.stats().agents.total, count),
    same(`${count} agents: wrong replies`, wrong, 0),
    same(
      `${count} agents: turns committed, failed, crashes`,
      [turns.committed, turns.failed, crashes],
      [wakes.length + calls, 0, 0],
    ),
  ];
  return { open, opened, warm, cold, invariants };
}
