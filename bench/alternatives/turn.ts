import type { Reply, State, Told } from './host.ts';

/** The work of one turn, as bench/agents/conversation.ts does it. Changes the state. */
export function turn(state: State, told: Told): Reply {
  if ('say' in told) {
    state.messages.push(told.say);
  } else {
    state.messages[state.messages.length - 1] = told.amend;
    state.amended += 1;
  }
  return { messages: state.messages.length, amended: state.amended };
}
