// Asks a model through an SDK of its own, and counts.
import { defineAgent } from 'drowse/agent';
import { complete } from './completion.ts';

export default defineAgent({
  initialState: () => ({ count: 0 }),

  async receive(agent, message: { text: string }) {
    agent.state.count += 1;
    return { count: agent.state.count, said: await complete(message.text) };
  },
});
