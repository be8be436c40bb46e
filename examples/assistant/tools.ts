// What the host loads once for all assistants: the SDK, the model, and what the model may call.
import { isStepCount, type ModelMessage, streamText, tool } from 'ai';
import type { ToolContext } from 'drowse/tools';
import { z } from 'zod';
import { model } from './model.ts';

/** A piece of the answer, or word of what the model does to find it. */
type Part = string | { readonly calls: string; readonly input: unknown };

const weather = tool({
  description: 'The weather in a city',
  inputSchema: z.object({ city: z.string() }),
  // A real one asks a service here.
  execute: async ({ city }) => ({ city, celsius: 12 + (city.length % 9), sky: 'clear' }),
});

/** One turn of the conversation. Returns what it adds to the messages. */
export async function* chat(messages: ModelMessage[], { signal }: ToolContext): AsyncGenerator<Part, ModelMessage[]> {
  const answer = streamText({
    model,
    messages,
    instructions: 'You are a friendly assistant. Answer in a sentence or two.',
    tools: { weather },
    stopWhen: isStepCount(5),
    abortSignal: signal,
    // It is thrown below.
    onError: () => {},
  });
  for await (const part of answer.fullStream) {
    if (part.type === 'text-delta') yield part.text;
    else if (part.type === 'tool-call') yield { calls: part.toolName, input: part.input };
    else if (part.type === 'error') throw part.error;
  }
  return answer.responseMessages;
}
