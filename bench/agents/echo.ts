// Answers a message with itself and how many there have been: the smallest turn that changes something.
import { defineAgent } from 'drowse/agent';

export default defineAgent({
  initialState: () => ({ count: 0 }),

  receive(agent, message: { text: string }) {
    agent.state.count += 1;
    return { count: agent.state.count, text: message.text };
  },
});
