import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { plainJson } from '../../core/plain-json.ts';

const shared = { n: 1 };
const sparse = [1];
sparse[2] = 3;

t.test('what JSON would not tell exactly is left to the general codec', async (t) => {
  const others: Record<string, unknown> = {
    undefined: { a: undefined },
    '-0': [-0],
    NaN: Number.NaN,
    Infinity: Number.NEGATIVE_INFINITY,
    BigInt: { n: 1n },
    Date: new Date(0),
    Map: new Map(),
    'typed array': new Uint8Array(1),
    'class instance': new (class Point {
      x = 1;
    })(),
    'null prototype': Object.create(null),
    'array with a hole': sparse,
    'array with a name': Object.assign([1], { name: 'x' }),
    'hole and name': Object.assign([1, 2], { length: 3, name: 'x' }),
    'array of another prototype': Object.setPrototypeOf([1], null),
    'part in two places': [shared, { shared }],
    proxy: new Proxy({}, {}),
    function: () => 1,
    symbol: Symbol('s'),
    'long text': 'x'.repeat(9_000),
    'long texts': ['x'.repeat(5_000), 'y'.repeat(5_000)],
    'many parts': Array.from({ length: 100 }, () => 0),
  };
  for (const [name, value] of Object.entries(others)) {
    t.equal(plainJson(value), undefined, name);
    t.equal(plainJson({ deep: [value] }), undefined, `${name}, deep`);
  }
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  t.equal(plainJson(cycle), undefined, 'cycle');
});

t.test('how much is told can be chosen', async (t) => {
  const value = Array.from({ length: 100 }, (_, n) => ({ text: 'x'.repeat(100), n }));
  t.equal(plainJson(value), undefined);
  t.equal(plainJson(value, { parts: 1_000, text: 10_000 }), JSON.stringify(value));
  t.equal(plainJson(value, { parts: 1_000, text: 9_999 }), undefined);
  t.equal(plainJson(value, { parts: 300, text: 10_000 }), undefined);
});

t.test('each member is read once', async (t) => {
  let reads = 0;
  const value = {
    get n() {
      reads += 1;
      return reads;
    },
  };
  t.equal(plainJson(value), '{"n":1}');
});

t.test('no toJSON has a say', async (t) => {
  const prototype = Object.prototype as { toJSON?: unknown };
  t.teardown(() => delete prototype.toJSON);
  Object.defineProperty(prototype, 'toJSON', { value: () => 'wrong', configurable: true });
  t.equal(plainJson({ a: ['b'] }), '{"a":["b"]}');
});

t.test('whatever is told comes back as structured clone would copy it', async (t) => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withNullPrototype: true,
    key: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toJSON', 'length', '1')),
    values: [fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.boolean(), fc.constant(null)],
  });
  let told = 0;
  fc.assert(
    fc.property(fc.oneof(anything, fc.jsonValue()), (value) => {
      const json = plainJson(value);
      if (json === undefined) return;
      told += 1;
      const copy = structuredClone(value);
      assert.deepStrictEqual(JSON.parse(json), copy);
      assert.equal(json, JSON.stringify(copy), 'with its keys in their order');
    }),
    { numRuns: 2_000 },
  );
  t.ok(told > 500, `${told} of 2,000 values were told`);
});
