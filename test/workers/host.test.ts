import t from 'tap';
import { pack } from '../../core/codec.ts';
import { defineAgent } from '../../workers/define-agent.ts';
import { Host } from '../../workers/host.ts';
import type { Up } from '../../workers/protocol.ts';
import { Pulse } from '../../workers/pulse.ts';
import { eventually } from '../eventually.ts';

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
  const frames: Up[] = [];
  const host = new Host(
    (frame) => frames.push(frame),
    new Pulse(),
    async () => agent,
  );
  const limits = { maxMessageBytes: 1_000, maxStateBytes: 1_000 };
  const orders = { agentId: 'a/b', module: '', types: ['a'], tools: {}, shared: new Map(), stored: undefined };
  await host.hydrate({ ...orders, ...limits });
  const body = pack('hello', 'message');
  host.take({ kind: 'message', number: 1, body, deadline: undefined, streams: false });
  host.take({ kind: 'cancel', number: 1 });
  looked.resolve({ value: 'hello' });
  await eventually('it is answered', () => frames.length === 1);
  t.same(frames, [{ kind: 'cancelled', number: 1 }]);
  t.equal(received, 0);
});
