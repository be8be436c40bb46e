// Says words, with a pause before each, and when it said them.
import { setTimeout as wait } from 'node:timers/promises';
import { defineAgent } from 'drowse/agent';
import { monotonicMs } from '../../core/monotonic.ts';

export interface Speech {
  readonly words: number;
  readonly word: string;
  /** Milliseconds before each word; 0 for none. */
  readonly pauseMs: number;
}

export default defineAgent({
  initialState: () => ({ said: 0 }),

  async *receive(agent, { words, word, pauseMs }: Speech) {
    for (let i = 0; i < words; i += 1) {
      if (pauseMs > 0) await wait(pauseMs);
      agent.state.said += 1;
      yield { word, at: monotonicMs() };
    }
    return agent.state.said;
  },
});
