// What TypeScript knows of an agent by its definition alone. Nothing here is run: it is right if it compiles.
import { type } from 'arktype';
import {
  type ChunkOf,
  defineAgent,
  type MessageOf,
  type ReplyOf,
  type SharedData,
  type StateOf,
  type Tools,
} from 'drowse/agent';
import * as v from 'valibot';
import { z } from 'zod';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<_Same extends true>(): void {}

const counter = defineAgent({
  initialState: () => ({ count: 0 }),
  receive(agent, message: { add?: number }) {
    agent.state.count += message.add ?? 1;
    return agent.state.count;
  },
});
same<Equal<MessageOf<typeof counter>, { add?: number }>>();
same<Equal<ReplyOf<typeof counter>, number>>();
same<Equal<ChunkOf<typeof counter>, never>>();
same<Equal<StateOf<typeof counter>, { count: number }>>();

const asynchronous = defineAgent({
  initialState: (id) => ({ id, lines: [] as string[] }),
  async receive(agent, message: { say: string }) {
    agent.state.lines.push(message.say);
    return { answer: message.say };
  },
});
same<Equal<MessageOf<typeof asynchronous>, { say: string }>>();
same<Equal<ReplyOf<typeof asynchronous>, { answer: string }>>();
same<Equal<ChunkOf<typeof asynchronous>, never>>();
same<Equal<StateOf<typeof asynchronous>, { id: string; lines: string[] }>>();

const streaming = defineAgent({
  initialState: () => ({ said: '' }),
  async *receive(agent, message: { say: string }) {
    for (const word of message.say.split(' ')) yield word;
    agent.state.said = message.say;
    return message.say.length;
  },
});
same<Equal<MessageOf<typeof streaming>, { say: string }>>();
same<Equal<ReplyOf<typeof streaming>, number>>();
same<Equal<ChunkOf<typeof streaming>, string>>();
same<Equal<StateOf<typeof streaming>, { said: string }>>();

const silent = defineAgent({ initialState: () => 0, receive() {} });
same<Equal<MessageOf<typeof silent>, unknown>>();
same<Equal<ReplyOf<typeof silent>, void>>();

const byZod = defineAgent({
  message: z.object({ say: z.string(), times: z.number().default(1) }),
  initialState: () => ({ lines: [] as string[] }),
  receive(agent, message) {
    same<Equal<typeof message, { say: string; times: number }>>();
    agent.state.lines.push(message.say);
    return message.times;
  },
});
same<Equal<MessageOf<typeof byZod>, { say: string; times?: number | undefined }>>();
same<Equal<ReplyOf<typeof byZod>, number>>();
same<Equal<StateOf<typeof byZod>, { lines: string[] }>>();

const byValibot = defineAgent({
  message: v.object({
    length: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
  }),
  initialState: () => ({ total: 0 }),
  async *receive(agent, { length }) {
    agent.state.total += length;
    yield length;
    return `${length}`;
  },
});
same<Equal<MessageOf<typeof byValibot>, { length: string }>>();
same<Equal<ReplyOf<typeof byValibot>, string>>();
same<Equal<ChunkOf<typeof byValibot>, number>>();

const byArktype = defineAgent({
  message: type({ add: 'number', 'note?': 'string' }),
  initialState: () => ({ total: 0 }),
  async receive(agent, message) {
    agent.state.total += message.add;
    return message.note;
  },
});
same<Equal<MessageOf<typeof byArktype>, { add: number; note?: string }>>();
same<Equal<ReplyOf<typeof byArktype>, string | undefined>>();

// What is annotated has to be what the schema makes.
defineAgent({
  message: z.object({ add: z.number() }),
  initialState: () => 0,
  // @ts-expect-error: a number
  receive: (_agent, _message: { add: string }) => 0,
});

// Where nothing is registered, anything goes.
export const untyped = (tools: Tools, shared: SharedData): string => tools.search(1, 'two').of[shared.prompts.greeting];
