import t from 'tap';
import { decode } from '../../core/codec.ts';
import { Calls } from '../../workers/calls.ts';
import { packOutward } from '../../workers/outward.ts';
import { SharedPieces } from '../../workers/shared-pieces.ts';
import { AgentState } from '../../workers/state.ts';
import { Turn } from '../../workers/turn.ts';
import { Wakefulness } from '../../workers/wakefulness.ts';

// biome-ignore lint/suspicious/noExplicitAny: states of any shape
type Any = any;

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** A turn on that state; `state` is its draft. */
function begin(initial: unknown): { turn: Turn; state: Any } {
  const { root } = new AgentState(initial, {
    version: 1,
    maxBytes: 2 ** 30,
    maxRecordBytes: Number.POSITIVE_INFINITY,
  }).draft();
  const turn = new Turn(1, root, {
    agentId: 'a/b',
    log,
    types: ['a'],
    tools: {},
    maxMessageBytes: 1_000,
    calls: new Calls(() => {}),
    wakefulness: new Wakefulness(() => {}, log),
    shared: new SharedPieces(() => false),
  });
  return { turn, state: turn.state };
}

const outward = (value: unknown): Any => decode(packOutward(value, 'reply'));

t.test('a turn reads and assigns the state of its draft', async (t) => {
  const { turn } = begin({ n: 1 });
  t.same(turn.state, { n: 1 });
  turn.state = { n: 2 };
  t.same(turn.state, { n: 2 });
  t.equal(turn.id, 'a/b');
  t.equal(turn.log, log);
});

t.test('after its end the state can neither be read nor assigned', async (t) => {
  const { turn } = begin({ n: 1 });
  turn.end();
  t.throws(() => turn.state, { code: 'ERR_DROWSE_UNTRACKED_MUTATION' });
  t.throws(
    () => {
      turn.state = 1;
    },
    { code: 'ERR_DROWSE_UNTRACKED_MUTATION' },
  );
});

t.test('the signal is one and the same, and aborted by cancelling', async (t) => {
  const { turn } = begin(0);
  const { signal } = turn;
  t.equal(turn.signal, signal);
  t.equal(signal.aborted, false);
  turn.cancel();
  t.equal(signal.aborted, true);
  t.equal(signal.reason.code, 'ERR_DROWSE_ABORTED');
  t.equal(turn.cancelled, true);
});

t.test('a signal that is first asked for after cancelling is aborted already', async (t) => {
  const { turn } = begin(0);
  t.equal(turn.cancelled, false);
  turn.cancel();
  t.equal(turn.signal.aborted, true);
  t.equal(turn.signal.reason.code, 'ERR_DROWSE_ABORTED');
});

t.test('the signal is made when it is first asked for, not before', async (t) => {
  const original = globalThis.AbortController;
  t.teardown(() => {
    globalThis.AbortController = original;
  });
  let made = 0;
  globalThis.AbortController = class extends original {
    constructor() {
      super();
      made += 1;
    }
  };
  const { turn } = begin(0);
  turn.cancel();
  turn.end();
  t.equal(made, 0);
  t.equal(turn.signal, turn.signal);
  t.equal(made, 1);
});

t.test('parts of the state go out as they are now, wherever they stand', async (t) => {
  const { state } = begin({
    list: [{ n: 1 }],
    map: new Map([['k', { n: 2 }]]),
    set: new Set([1]),
    untouched: { n: 3 },
  });
  state.list[0].n = 10;
  state.map.get('k').n = 20;
  state.set.add(2);
  const { list, map, set, untouched } = state;
  t.strictSame(outward(state), {
    list: [{ n: 10 }],
    map: new Map([['k', { n: 20 }]]),
    set: new Set([1, 2]),
    untouched: { n: 3 },
  });
  t.strictSame(outward(list[0]), { n: 10 });
  t.strictSame(outward([list, [untouched]]), [[{ n: 10 }], [{ n: 3 }]]);
  t.strictSame(outward({ deep: { map, set } }), { deep: { map: new Map([['k', { n: 20 }]]), set: new Set([1, 2]) } });
  t.strictSame(outward(new Map([['x', list]])), new Map([['x', [{ n: 10 }]]]));
  t.strictSame([...outward(new Map([[list[0], 1]]))], [[{ n: 10 }, 1]]);
  t.strictSame([...outward(new Set([list[0]]))], [{ n: 10 }]);
});

t.test('sending parts out does not end the turn: they can still be changed, and what was sent stays', async (t) => {
  const { state } = begin({ list: [1] });
  const sent = outward({ list: state.list });
  state.list.push(2);
  t.strictSame(sent, { list: [1] });
  t.strictSame(outward(state.list), [1, 2]);
});

t.test('a cycle with parts of the state in it keeps its shape', async (t) => {
  const { state } = begin({ part: { n: 1 } });
  state.part.n = 2;
  const reply: Any = { part: state.part, list: [], map: new Map(), set: new Set() };
  reply.self = reply;
  reply.list.push(reply.list);
  reply.map.set('self', reply.map);
  reply.set.add(reply.set);
  const copy = outward(reply);
  t.equal(copy.self, copy);
  t.equal(copy.list[0], copy.list);
  t.equal(copy.map.get('self'), copy.map);
  t.ok(copy.set.has(copy.set));
  t.strictSame(copy.part, { n: 2 });
});

t.test('a part of the state in two places stays one part', async (t) => {
  const { state } = begin({ part: { n: 1 } });
  state.part.n = 2;
  const copy = outward({ a: state.part, b: [state.part] });
  t.equal(copy.a, copy.b[0]);
});

t.test('what was put into the state in this turn goes out, with the parts nested in it', async (t) => {
  const { state } = begin({ part: { n: 1 }, box: null });
  state.part.n = 2;
  state.box = { inner: [state.part] };
  t.strictSame(outward(state.box), { inner: [{ n: 2 }] });
  t.strictSame(outward({ box: state.box }), { box: { inner: [{ n: 2 }] } });
});

t.test('dates, bytes and errors next to parts of the state are kept as they are', async (t) => {
  const { state } = begin({ part: { n: 1 } });
  const copy = outward({ part: state.part, at: new Date(5), bytes: new Uint8Array([1]), none: undefined, nil: null });
  t.strictSame(copy, { part: { n: 1 }, at: new Date(5), bytes: new Uint8Array([1]), none: undefined, nil: null });
});

t.test('what cannot be copied is named, next to parts of the state too', async (t) => {
  const { state } = begin({ part: { n: 1 } });
  const reply = { part: state.part, list: [1, () => 2] };
  t.throws(() => packOutward(reply, 'reply'), {
    code: 'ERR_DROWSE_NOT_SERIALIZABLE',
    message: /^reply\.list\[1\] cannot be copied/,
  });
});
