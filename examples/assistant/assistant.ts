// A conversation with a language model: its history is the agent's state, and what the model says reaches the reader as it comes.
import type { ModelMessage } from 'ai';
import { defineAgent } from 'drowse/agent';
import type { ToolsOf } from 'drowse/tools';

export default defineAgent({
  initialState: () => ({ messages: [] as ModelMessage[] }),

  async *receive(agent, { say }: { say: string }) {
    const tools: ToolsOf<typeof import('./tools.ts')> = agent.tools;
    const { messages } = agent.state;
    messages.push({ role: 'user', content: say });
    // A throw, or a reader who leaves, rolls the turn back: the question is not kept without its answer.
    const answer = tools.chat(messages);
    yield* answer;
    messages.push(...(await answer.reply));
    return { messages: messages.length };
  },
});
