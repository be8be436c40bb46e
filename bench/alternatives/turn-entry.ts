// What a thread of the pool runs: one turn of the state that it is sent.
import type { Reply, State, Told } from './host.ts';
import { turn } from './turn.ts';

export default function run({ state, told }: { state: State; told: Told }): { state: State; reply: Reply } {
  return { reply: turn(state, told), state };
}
