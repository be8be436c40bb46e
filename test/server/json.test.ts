import t from 'tap';
import { toJson } from '../../server/json.ts';

const asJson = (value: unknown) => JSON.parse(toJson(value));

t.test('what JSON has a form for is written as JSON.stringify writes it', async (t) => {
  const value = { text: 'a "b" ü \u0000', n: [0, -1.5, 1e21], yes: true, no: false, none: null, deep: [{ a: [[]] }] };
  t.equal(toJson(value), JSON.stringify(value));
  for (const one of ['text', 1, true, null]) t.equal(toJson(one), JSON.stringify(one));
});

t.test('collections, dates, big integers and errors have the forms that docs/http.md gives', async (t) => {
  t.same(
    asJson(
      new Map<unknown, unknown>([
        ['a', 1],
        [{ b: 2 }, new Map()],
      ]),
    ),
    [
      ['a', 1],
      [{ b: 2 }, []],
    ],
  );
  t.same(asJson(new Set([1, 'two'])), [1, 'two']);
  t.equal(asJson(new Date(0)), '1970-01-01T00:00:00.000Z');
  t.equal(asJson(new Date(Number.NaN)), 'Invalid Date');
  t.equal(asJson(2n ** 70n), '1180591620717411303424');
  t.equal(asJson(/a+/gi), '/a+/gi');
  t.same(asJson([Object('text'), Object(1), Object(1n)]), ['text', 1, '1']);
  const error = Object.assign(new TypeError('bad', { cause: new Error('why') }), { code: 'E_BAD' });
  t.same(asJson(error), { name: 'TypeError', message: 'bad', cause: { name: 'Error', message: 'why' }, code: 'E_BAD' });
});

t.test('bytes are base64, other typed arrays are numbers', async (t) => {
  const bytes = Buffer.from('drowse');
  t.equal(asJson(bytes), bytes.toString('base64'));
  t.equal(asJson(new Uint8Array(bytes)), bytes.toString('base64'));
  t.equal(asJson(new Uint8Array(bytes).buffer), bytes.toString('base64'));
  t.equal(asJson(new DataView(new Uint8Array(bytes).buffer, 1, 2)), bytes.subarray(1, 3).toString('base64'));
  t.same(asJson(new Float64Array([0.5, Number.NaN])), [0.5, 'NaN']);
  t.same(asJson(new BigInt64Array([-1n])), ['-1']);
});

t.test('undefined is left out of objects and null elsewhere; numbers that JSON lacks are text', async (t) => {
  t.equal(toJson({ a: undefined, b: 1 }), '{"b":1}');
  t.equal(toJson(undefined), 'null');
  const holey: unknown[] = [undefined];
  holey[2] = 1;
  t.equal(toJson(holey), '[null,null,1]');
  t.equal(toJson([Number.NaN, Infinity, -Infinity]), '["NaN","Infinity","-Infinity"]');
});

t.test('a part that contains itself is named, one that merely occurs twice is written twice', async (t) => {
  const shared = { a: 1 };
  const value: Record<string, unknown> = { list: [shared, shared] };
  (value.list as unknown[]).push({ value, list: value.list });
  t.same(asJson(value), { list: [shared, shared, { value: '[circular: $]', list: '[circular: $.list]' }] });
});

t.test('the keys of an object are never taken for anything else', async (t) => {
  const value = JSON.parse('{"__proto__":{"a":1},"toJSON":1,"constructor":2}');
  t.equal(toJson(value), JSON.stringify(value));
});

t.test('what cannot be shown is said to be so, and nothing throws', async (t) => {
  let deep: unknown = 'bottom';
  for (let i = 0; i < 100_000; i++) deep = [deep];
  t.match(toJson(deep), /^\[+"\[too deep\]"\]+$/);
  t.equal(
    asJson(() => 1),
    '[function]',
  );
  t.equal(asJson(Symbol('a')), '[symbol]');
  const trap = {
    get boom() {
      throw new Error('boom');
    },
  };
  t.same(asJson([trap]), ['[unreadable]']);
});

t.test('a small value that is endless as JSON is cut', async (t) => {
  let doubling: unknown = 'x'.repeat(1_000);
  for (let i = 0; i < 60; i++) doubling = [doubling, doubling];
  const text = toJson(doubling);
  t.ok(text.length < 400_000_000, `${text.length} characters`);
  t.ok(text.includes('"[too long]"'));
  const sparse: unknown[] = [];
  sparse[4_000_000_000] = 1;
  t.equal(asJson(sparse), '[too long]');
});
