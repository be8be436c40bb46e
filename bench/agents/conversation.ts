// Keeps every message said to it. Amending the last one is a turn that leaves the conversation as long as it was; keeping
// only the first ones makes it short again.
import { defineAgent } from 'drowse/agent';

export default defineAgent({
  initialState: () => ({ messages: [] as string[], amended: 0 }),

  receive(agent, message: { say: string } | { amend: string } | { keep: number }) {
    const { state } = agent;
    if ('say' in message) {
      state.messages.push(message.say);
    } else if ('keep' in message) {
      state.messages.length = message.keep;
    } else {
      state.messages[state.messages.length - 1] = message.amend;
      state.amended += 1;
    }
    return { messages: state.messages.length, amended: state.amended };
  },
});
