// Asks a model through the host's tools, and counts.
import { defineAgent } from 'drowse/agent';

export default defineAgent({
  initialState: () => ({ count: 0 }),

  async receive(agent, message: { text: string }) {
    agent.state.count += 1;
    return { count: agent.state.count, said: await agent.tools.complete(message.text) };
  },
});
