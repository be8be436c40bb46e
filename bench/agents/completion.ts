// What agents want of a model provider's SDK: imported by each of them, or loaded once as the host's tools. The model answers by
// itself, without a network.
import { generateText } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';

const model = new MockLanguageModelV4({
  doGenerate: async ({ prompt }) => ({
    content: [{ type: 'text', text: JSON.stringify(prompt) }],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    },
    warnings: [],
  }),
});

/** How many characters the model says to a prompt. */
export async function complete(prompt: string): Promise<number> {
  const { text } = await generateText({ model, prompt });
  return text.length;
}
