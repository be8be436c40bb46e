// A model that needs no network, made of the SDK's own for tests: it asks for the weather where it is asked for that, and repeats the rest.
import { simulateReadableStream } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';

type Answers = MockLanguageModelV4['doStream'];
type Prompt = Parameters<Answers>[0]['prompt'];
type Part = Awaited<ReturnType<Answers>>['stream'] extends ReadableStream<infer Part> ? Part : never;

export const standIn = new MockLanguageModelV4({
  doStream: async ({ prompt }) => ({ stream: simulateReadableStream({ chunks: answer(prompt), chunkDelayInMs: 5 }) }),
});

function answer(prompt: Prompt): Part[] {
  const last = prompt.at(-1);
  if (last?.role === 'tool') {
    const [result] = last.content;
    return say(`The service says: ${JSON.stringify(result?.type === 'tool-result' && result.output)}.`);
  }
  const asked = textOf(last);
  const city = /weather in (\w+)/.exec(asked)?.[1];
  if (city === undefined) return say(`You said "${asked}", which makes ${countSaid(prompt)} so far.`);
  const call = { toolCallId: `weather-${city}`, toolName: 'weather', input: JSON.stringify({ city }) };
  return [{ type: 'tool-call', ...call }, finish('tool-calls')];
}

function say(text: string): Part[] {
  const words = text.split(/(?<= )/).map((delta) => ({ type: 'text-delta', id: '1', delta }) as const);
  return [{ type: 'text-start', id: '1' }, ...words, { type: 'text-end', id: '1' }, finish('stop')];
}

function finish(reason: 'stop' | 'tool-calls'): Part {
  const inputTokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 };
  const usage = { inputTokens, outputTokens: { total: 1, text: 1, reasoning: 0 } };
  return { type: 'finish', finishReason: { unified: reason, raw: reason }, usage };
}

function textOf(message: Prompt[number] | undefined): string {
  if (message?.role !== 'user') return '';
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function countSaid(prompt: Prompt): number {
  return prompt.filter(({ role }) => role === 'user').length;
}
