import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { decode, encode } from '../../core/codec.ts';
import { fingerprint } from '../../core/fingerprint.ts';

const LEAVES: readonly unknown[] = [
  [0, -0, 1, Number.NaN, '', '0', 'a', 'é', '日', '\ud800', '\ud801', 0n, true, false, null, undefined],
  [new Date(0), new Date(1), /a/, /a/g, Uint8Array.of(1), Uint8Array.of(2), Int8Array.of(1), new ArrayBuffer(1)],
  [new Error('a'), new TypeError('a'), new Error('a', { cause: 'b' }), Object(1), Object('a')],
].flat();

/** An array of that length with nothing in it but these. */
function sparse(length: number, items: Record<number, unknown> = {}): unknown[] {
  const array: unknown[] = [];
  array.length = length;
  return Object.assign(array, items);
}

/** Of few leaves and keys, so that two values are often nearly equal. */
const { value: values } = fc.letrec<{ value: unknown }>((tie) => {
  const value = tie('value');
  const entries = fc.array(fc.tuple(fc.constantFrom('a', 'b', '0', 'é'), value), { maxLength: 3 });
  const holes = fc.array(fc.tuple(fc.nat(2), value), { maxLength: 2 });
  return {
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...LEAVES),
      fc.array(value, { maxLength: 3 }),
      holes.map((items) => sparse(3, Object.fromEntries(items))),
      entries.map((pairs) => Object.fromEntries(pairs)),
      entries.map((pairs) => new Map(pairs)),
      fc.array(value, { maxLength: 3 }).map((items) => new Set(items)),
    ),
  };
});

/** What an object was before its keys came in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, shuffled(part)]),
  );
}

t.test('a value has the fingerprint of its copies, whatever way they were made', async (t) => {
  fc.assert(
    fc.property(values, (value) => {
      const first = fingerprint(value);
      return first === fingerprint(decode(encode(value, 'value'))) && first === fingerprint(structuredClone(value));
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

t.test('values that differ have different fingerprints', async (t) => {
  fc.assert(
    fc.property(values, values, (a, b) => isDeepStrictEqual(a, b) || fingerprint(a) !== fingerprint(b)),
    { numRuns: 20_000 },
  );
  const different: unknown[] = [
    [[], {}, new Map(), new Set(), null, undefined, '', 0, -0, 0n, false, 'false', 'undefined', '0'],
    [[undefined], [undefined, undefined], sparse(1), sparse(2), ['a', 'b'], ['ab'], [['a'], 'b'], ['a', ['b']]],
    [{ a: undefined }, { a: 'b' }, { ab: '' }, new Map([['a', 'b']]), new Set(['a', 'b']), new Set(['b', 'a'])],
    [new Uint8Array(1), new Int8Array(1), new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), Buffer.alloc(1)],
    [new Date(0), new Date(Number.NaN), 'a\ud800', 'a\ud801', 'a\ufffd', Object(0), Object(0n), Object('')],
    [new Error('a'), new RangeError('a'), new Error('b'), new Error('a', { cause: 1 }), /a/, /a/i, /b/],
    [sparse(2, [sparse(2, { 1: 'x' })]), [sparse(2), 'x']],
  ].flat();
  const prints = different.map(fingerprint);
  t.equal(new Set(prints).size, prints.length);
  for (const print of prints) t.match(print, /^[\w-]{43}$/);
});

t.test("the order of an object's keys does not count, nor its class", async (t) => {
  fc.assert(fc.property(values, (value) => fingerprint(value) === fingerprint(shuffled(value)) || holed(value)));
  class Point {
    x = 1;
    y = 2;
  }
  t.equal(fingerprint(new Point()), fingerprint({ y: 2, x: 1 }));
  t.equal(fingerprint(Object.assign(Object.create(null), { x: 1 })), fingerprint({ x: 1 }));
});

/** `shuffled` fills holes, which do count. */
function holed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const parts = Object.values(value);
  return (Array.isArray(value) && parts.length !== value.length) || parts.some(holed);
}

t.test(
  'a text has one fingerprint, however V8 keeps it: in one byte a letter or in two, in pieces or whole',
  async (t) => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'ÿ', 'b') }), (text) => {
        const wide = `${text}日`.slice(0, -1);
        const pieces = text.split('').reduce((joined, letter) => joined + letter, '');
        const first = fingerprint({ [text]: [text] });
        return first === fingerprint({ [wide]: [wide] }) && first === fingerprint({ [pieces]: [pieces] });
      }),
    );
    t.pass();
  },
);

t.test('cycles and parts in two places are told from copies', async (t) => {
  const ring = (): unknown[] => {
    const list: unknown[] = [1];
    list.push(list);
    return list;
  };
  t.equal(fingerprint(ring()), fingerprint(ring()));
  const part = { a: 1 };
  t.not(fingerprint([part, part]), fingerprint([part, { a: 1 }]));
  t.equal(fingerprint([part, part]), fingerprint(structuredClone([part, part])));
});

t.test('what is nested too deeply is refused by a code, not by the stack', async (t) => {
  let nested: unknown = [];
  for (let depth = 0; depth < 20_000; depth += 1) nested = [nested];
  t.throws(() => fingerprint(nested), { code: 'ERR_DROWSE_NOT_SERIALIZABLE' });
});
