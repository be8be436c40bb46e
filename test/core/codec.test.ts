import t from 'tap';
import { decode, encode } from '../../core/codec.ts';

/** What an error says of where the value cannot be copied. */
function pathOf(value: unknown): string {
  try {
    encode(value, 'message');
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code !== 'ERR_DROWSE_NOT_SERIALIZABLE') throw error;
    return message.slice(0, message.indexOf(' cannot be copied: '));
  }
  return 'it was encoded';
}

const f = () => 1;

t.test('everything that structured clone copies comes back as it was', async (t) => {
  const values = [
    [undefined, null, true, 0, -0, Number.NaN, 2 ** 60, 10n ** 40n, '', 'ä👩', '\ud83d'],
    [new Date(5), /a+/giu, new Map<unknown, unknown>([[1n, { a: new Set([1, 'x']) }]]), new Set([[1]])],
    [new Uint8Array([1, 2]), new Float64Array([0.5]), new BigInt64Array([-1n]), new ArrayBuffer(3)],
    [new DataView(new ArrayBuffer(2)), Buffer.from('bytes')],
    [{ a: [{ b: undefined }], 'odd key': 1, '': 1 }],
  ].flat();
  for (const value of values) t.strictSame(decode(encode(value, 'message')), value);
  const sparse = [1];
  sparse[2] = 3;
  t.strictSame(Object.keys(decode(encode(sparse, 'message')) as unknown[]), ['0', '2'], 'holes stay holes');
});

t.test('cycles and parts in two places keep their shape', async (t) => {
  const part = { n: 1 };
  const whole: Record<string, unknown> = { a: part, b: part };
  whole.self = whole;
  const copy = decode(encode(whole, 'message')) as typeof whole;
  t.equal(copy.self, copy);
  t.equal(copy.a, copy.b);
  t.not(copy.a, part);
});

t.test('errors keep their name, message and cause', async (t) => {
  const copy = decode(encode(new RangeError('out', { cause: 'why' }), 'message'));
  t.match(copy, { name: 'RangeError', message: 'out', cause: 'why' });
  t.ok(copy instanceof RangeError);
});

t.test('the error names the root where the value itself cannot be copied', async (t) => {
  t.equal(pathOf(f), 'message');
  t.equal(pathOf(Symbol('s')), 'message');
  t.equal(pathOf(new WeakMap()), 'message');
  t.equal(pathOf(Promise.resolve()), 'message');
  t.throws(() => encode(f, 'state'), { message: /^state cannot be copied: .* could not be cloned/ });
});

t.test('the error names the path of the first part that cannot be copied', async (t) => {
  t.equal(pathOf({ a: 1, b: { c: { d: f } } }), 'message.b.c.d');
  t.equal(pathOf([0, [1, f]]), 'message[1][1]');
  t.equal(pathOf({ list: [{}, { reply: f }] }), 'message.list[1].reply');
  t.equal(pathOf({ s: Symbol('s') }), 'message.s');
  t.equal(pathOf({ p: new Proxy({}, {}) }), 'message.p');
  t.equal(pathOf({ first: f, second: f }), 'message.first');
});

t.test('a path leads through Maps and Sets', async (t) => {
  t.equal(
    pathOf(
      new Map<unknown, unknown>([
        ['a', 1],
        ['b c', { x: f }],
      ]),
    ),
    'message.get("b c").x',
  );
  t.equal(
    pathOf(
      new Map<unknown, unknown>([
        [1, 1],
        [2, [f]],
      ]),
    ),
    'message.values()[1][0]',
  );
  t.equal(pathOf({ m: new Map([[{ k: f }, 1]]) }), 'message.m.keys()[0].k');
  t.equal(pathOf({ s: new Set<unknown>([1, { x: f }]) }), 'message.s.values()[1].x');
});

t.test('a name that is no identifier stands in brackets', async (t) => {
  t.equal(pathOf({ 'odd key': f }), 'message["odd key"]');
  t.equal(pathOf({ 'a"b': f }), 'message["a\\"b"]');
  t.equal(pathOf({ '1': { '': f } }), 'message["1"][""]');
  t.equal(pathOf({ größe: { $_1: f } }), 'message.größe.$_1');
});

t.test('a class instance is named down to the field that holds a function', async (t) => {
  class Counter {
    count = 0;
    readonly onChange = f;
  }
  t.equal(pathOf({ counter: new Counter() }), 'message.counter.onChange');
});

t.test('a cycle does not hide the leaf that cannot be copied', async (t) => {
  const before: Record<string, unknown> = { bad: f };
  before.self = before;
  t.equal(pathOf(before), 'message.bad');
  const behind: Record<string, unknown> = {};
  behind.child = { parent: behind };
  behind.bad = f;
  t.equal(pathOf(behind), 'message.bad');
  const list: unknown[] = [];
  list.push({ list }, new Map([['list', list]]), { deep: [f] });
  t.equal(pathOf(list), 'message[2].deep[0]');
});

t.test('a getter that throws is named, whatever it throws', async (t) => {
  for (const thrown of [new RangeError('not now'), 'not now', undefined, Object.create(null), Symbol('s')]) {
    const value = {
      a: {
        get bad(): never {
          throw thrown;
        },
      },
    };
    t.equal(pathOf(value), 'message.a.bad');
  }
});

t.test('a proxy that throws at every touch is named', async (t) => {
  const refuse = () => {
    throw new Error('hands off');
  };
  const hostile = new Proxy({}, { get: refuse, ownKeys: refuse, getPrototypeOf: refuse, has: refuse });
  t.equal(pathOf([1, hostile]), 'message[1]');
});

t.test('the cause is what structured clone said', async (t) => {
  t.throws(() => encode({ f }, 'message'), { cause: { message: /could not be cloned/ } });
});

t.test('decoded bytes share no memory with what they were decoded from', async (t) => {
  const encoded = encode(
    [new Float64Array([1.5]), new Uint8Array([1]), new DataView(new ArrayBuffer(3)), Buffer.from('a')],
    'x',
  );
  const views = decode(encoded) as ArrayBufferView[];
  t.strictSame(
    views.map((view) => [view.constructor.name, view.buffer.byteLength]),
    [
      ['Float64Array', 8],
      ['Uint8Array', 1],
      ['DataView', 3],
      ['Buffer', 1],
    ],
  );
});
