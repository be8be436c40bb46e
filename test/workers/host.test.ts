import t from 'tap';
import { decode, pack } from '../../core/codec.ts';
import { type AgentDefinition, defineAgent } from '../../workers/define-agent.ts';
import { Host } from '../../workers/host.ts';
import type { Up } from '../../workers/protocol.ts';
import { Pulse } from '../../workers/pulse.ts';
import { eventually } from '../eventually.ts';

/** A host of an agent that is awake, and what it says. */
async function awake<State>(agent: AgentDefinition<State>): Promise<{ host: Host; frames: Up[] }> {
  const frames: Up[] = [];
  const host = new Host(
    (frame) => frames.push(frame),
    new Pulse(),
    async () => agent as AgentDefinition,
  );
  const limits = { maxMessageBytes: 10_000, maxStateBytes: 10_000 };
  const orders = { agentId: 'a/b', module: '', types: ['a'], tools: {}, shared: new Map(), stored: undefined };
  await host.hydrate({ ...orders, ...limits });
  return { host, frames };
}

t.test('a message that is cancelled while the schema looks at it never reaches the handler', async (t) => {
  const looked = Promise.withResolvers<{ value: unknown }>();
  let received = 0;
  const agent = defineAgent({
    message: { '~standard': { version: 1, vendor: 'test', validate: () => looked.promise } },
    initialState: () => 0,
    receive() {
      received += 1;
    },
  });
  const { host, frames } = await awake(agent);
  const body = pack('hello', 'message');
  host.take({ kind: 'message', number: 1, body, deadline: undefined, streams: false });
  host.take({ kind: 'cancel', number: 1 });
  looked.resolve({ value: 'hello' });
  await eventually('it is answered', () => frames.length === 1);
  t.same(frames, [{ kind: 'cancelled', number: 1 }]);
  t.equal(received, 0);
});

t.test('what passivate() changes is handed over alone, or with all turns where those are many', async (t) => {
  const agent = defineAgent({
    initialState: () => ({ turns: 0, sleeps: 0 }),
    receive({ state }) {
      state.turns += 1;
    },
    passivate({ state }) {
      state.sleeps += 1;
    },
  });
  const lastOf = async (turns: number) => {
    const { host, frames } = await awake(agent);
    const body = pack('hello', 'message');
    for (let number = 1; number <= turns; number += 1)
      host.take({ kind: 'message', number, body, deadline: undefined, streams: false });
    await eventually('all are answered', () => frames.length === turns);
    return host.passivate(turns, 0);
  };
  t.match(await lastOf(2), { change: { kind: 'record' }, snapshot: undefined });
  const many = await lastOf(20);
  t.match(many, { change: { kind: 'record' }, snapshot: Uint8Array });
  const snapshot = 'snapshot' in many ? many.snapshot : undefined;
  t.match(decode(snapshot ?? ''), { state: { turns: 20, sleeps: 1 } });
});
