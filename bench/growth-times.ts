import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { Supervisor } from 'drowse';
import { LevelStore } from '../storage/level-store.ts';
import { agents } from './agents.ts';
import { allCommitted, Conversation } from './conversation.ts';
import { progress } from './progress.ts';
import { recording } from './recording-store.ts';
import type { Context, Invariant } from './scenario.ts';

/** Turns in milliseconds. Each of the growing conversation was followed by the one of the short conversation at its index. */
export interface Turns {
  readonly growing: number[];
  readonly short: number[];
}

export interface GrowthTimes {
  /** From no message on. */
  readonly whole: Turns;
  /** The last turns of the way, several times: before each round, as many messages are taken away again. */
  readonly rounds: readonly Turns[];
  /** Turns of the growing one that were kept as snapshots of all of it, in milliseconds. */
  readonly snapshots: readonly number[];
  readonly invariants: readonly Invariant[];
}

/** Between how many messages the short conversation stands. */
export const SHORT = { from: 100, to: 400 };
const GROWING = 'conversation/growing';
const ROUND = SHORT.to - SHORT.from;
const WARM_UP = 1_000;

/**
 * Times the turns of a conversation that grows, in turn with those of one that is kept short, in the same supervisor.
 * Both threads are warm before the first one. Not fsynced: that would add as much to both.
 */
export async function growthTimes(context: Context, messages: number): Promise<GrowthTimes> {
  await using scratch = await mkdtempDisposable(join(context.directory, 'drowse-bench-'));
  let snapshot = false;
  const store = recording(await LevelStore.open({ directory: scratch.path, durability: 'os' }), (write) => {
    if (write.agentId === GROWING) snapshot = write.kind === 'snapshot';
  });
  await using supervisor = await Supervisor.open({ store, agents });
  const growing = new Conversation(supervisor, GROWING);
  const short = new Conversation(supervisor, 'conversation/short');
  const snapshots: number[] = [];
  const alternate = async (count: number, about: string): Promise<Turns> => {
    const turns: Turns = { growing: [], short: [] };
    await short.keep(SHORT.from);
    for (let n = 0; n < count; n += 1) {
      if (n % 100 === 0) progress(`times, ${about}, ${growing.length} messages`);
      const turn = await growing.say();
      turns.growing.push(turn);
      if (snapshot) snapshots.push(turn);
      turns.short.push(await short.say());
      if (short.length === SHORT.to) await short.keep(SHORT.from);
    }
    return turns;
  };

  while (short.length < SHORT.from) await short.say();
  await alternate(WARM_UP, 'warming up');
  await growing.keep(0);
  snapshots.length = 0;
  const whole = await alternate(messages, 'growing');
  const rounds: Turns[] = [];
  for (let round = 1; round <= (context.short ? 3 : 5); round += 1) {
    await growing.keep(messages - ROUND);
    rounds.push(await alternate(ROUND, `round ${round}`));
  }
  const invariants = [
    allCommitted(supervisor, [growing, short]),
    ...(await growing.invariants()),
    ...(await short.invariants()),
  ];
  return { whole, rounds, snapshots, invariants };
}
