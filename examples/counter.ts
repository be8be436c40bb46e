// The smallest agent: it counts, and never loses count.
import { defineAgent } from 'drowse/agent';

export default defineAgent({
  initialState: () => ({ count: 0 }),

  receive(agent, message: { add?: number }) {
    agent.state.count += message.add ?? 1;
    return agent.state.count;
  },
});
