// Holds as many bytes as it is told to, and counts its messages.
import { defineAgent } from 'drowse/agent';

export default defineAgent({
  initialState: () => ({ count: 0, padding: new Uint8Array() }),

  receive(agent, message: { hold?: number }) {
    const { state } = agent;
    if (message.hold !== undefined) state.padding = new Uint8Array(message.hold);
    state.count += 1;
    return { count: state.count, holds: state.padding.length };
  },
});
