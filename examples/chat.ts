// A conversation: it remembers every message, asleep or awake. Answers come from a model that speaks the OpenAI chat
// protocol where CHAT_URL names one, and from a few lines of this file where none is configured, without any network.
import { defineAgent } from 'drowse/agent';

interface Line {
  role: 'user' | 'assistant';
  content: string;
}

export default defineAgent({
  initialState: () => ({ messages: [] as Line[] }),
  idleTimeoutMs: 15 * 60_000,

  async receive(agent, message: { say: string }) {
    const { messages } = agent.state;
    messages.push({ role: 'user', content: String(message.say) });
    const content = process.env.CHAT_URL ? await ask(messages, agent.signal) : answer(messages);
    messages.push({ role: 'assistant', content });
    return { answer: content, messages: messages.length };
  },
});

function answer(messages: readonly Line[]): string {
  const said = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  const before = said.at(-2);
  return before === undefined
    ? `You said "${said.at(-1)}". I will remember it.`
    : `You said "${said.at(-1)}". Before that you said "${before}"; that makes ${said.length} things.`;
}

/** A throw here rolls the turn back: the question isn't kept without its answer, and the caller may ask again. */
async function ask(messages: readonly Line[], signal: AbortSignal): Promise<string> {
  const { CHAT_URL = '', CHAT_KEY, CHAT_MODEL = 'default' } = process.env;
  const response = await fetch(`${CHAT_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(CHAT_KEY && { authorization: `Bearer ${CHAT_KEY}` }) },
    body: JSON.stringify({ model: CHAT_MODEL, messages }),
    signal,
  });
  if (!response.ok) throw new Error(`The model answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
  const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] };
  return choices[0].message.content;
}
