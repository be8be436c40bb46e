// Takes any message, and keeps what it is told.
import { defineAgent } from 'drowse/agent';

export default defineAgent({
  initialState: () => ({ messages: [] as unknown[] }),

  receive(agent, message: unknown) {
    agent.state.messages.push(message);
    return { messages: agent.state.messages.length };
  },
});
