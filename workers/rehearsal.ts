import { bytesOf, pack } from '../core/codec.ts';
import { v8Codec } from '../core/v8-codec.ts';
import { defineAgent } from './define-agent.ts';
import { Host } from './host.ts';
import type { Change, Orders, Up } from './protocol.ts';
import { Pulse } from './pulse.ts';

interface Talk {
  turns: number;
  messages: { say: string; at: number }[];
}

const agent = defineAgent({
  initialState: (): Talk => ({ turns: 0, messages: [] }),
  receive(turn, { say, at }: { say: string; at: number }) {
    turn.state.turns += 1;
    turn.state.messages.push({ say, at });
    return { messages: turn.state.messages.length };
  },
});

/** How many turns an agent has before it sleeps, and how many once it is awake again. */
type Length = readonly [turns: number, woken: number];

/**
 * Enough for all of it to be compiled. Of what has run eight times V8 makes faster code, and in each thread that is given what this
 * one has compiled it does so at once: for 80 functions more, in 1 ms of a wake.
 */
export const BRIEF: Length = [2, 1];

/** Enough for it to run warm: a first turn of 1 ms instead of 3. With 50 and 20 it takes no less, and a spare 0.8 MB more. */
export const THOROUGH: Length = [12, 6];

/** Takes the path that an agent's first turns will take. The agent in it is one of ours, the state goes nowhere: no code of a user is run. */
export async function rehearse([turns, woken]: Length): Promise<void> {
  // For states that are not plain, or large.
  v8Codec();
  const [first, ...records] = await live(undefined, turns);
  if (first)
    await live({ snapshot: bytesOf(first.packed), records: records.map(({ packed }) => bytesOf(packed)) }, woken);
}

/** One life of the agent; resolves with the changes of its turns. */
async function live(stored: Orders['stored'], turns: number): Promise<Change[]> {
  const changes: Change[] = [];
  const lived = Promise.withResolvers<void>();
  const note = (frame: Up): void => {
    if (frame.kind === 'done' && frame.change) changes.push(frame.change);
    if ('number' in frame && frame.number === turns) lived.resolve();
  };
  const host = new Host(note, new Pulse(), async () => agent);
  const limits = { maxMessageBytes: 2 ** 20, maxStateBytes: 2 ** 20 };
  const orders = { agentId: 'rehearsal/agent', module: '', types: ['rehearsal'], tools: {}, shared: new Map() };
  await host.hydrate({ ...orders, stored, ...limits });
  for (let number = 1; number <= turns; number += 1) {
    const body = pack({ say: `line ${number} of the rehearsal`, at: number }, 'message');
    host.take({ kind: 'message', number, body, deadline: undefined, streams: false });
  }
  await lived.promise;
  return changes;
}
