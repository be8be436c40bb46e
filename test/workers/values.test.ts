// A state holds what structured clone holds, and what is kept of it is what lived.
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { type Any, KeptState } from './kept-state.ts';

const seed = Number(process.env.DROWSE_SEED ?? Date.now() % 2 ** 31);

const bytes = fc.uint8Array({ maxLength: 24 });
const key = fc.constantFrom('a', 'b', 'at', '0', 'odd key', '', 'constructor', '__proto__');

/** A plain object of these entries; assigning `__proto__` would be something else. */
function objectOf(entries: ReadonlyArray<[string, unknown]>): object {
  const object = {};
  for (const [name, value] of entries) define(object, name, value);
  return object;
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

const primitive = fc.oneof(
  fc.constantFrom(undefined, null, true, false, -0, 0, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 70n, -(2n ** 64n)),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.string(),
);
const view = fc.constantFrom(
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
);
const wide = fc.constantFrom(Float32Array, Float64Array, BigInt64Array, BigUint64Array);
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: primitive, weight: 6 },
  fc.date({ noInvalidDate: false }),
  fc
    .tuple(fc.constantFrom('a+', '[^x]', '\\d{2}'), fc.constantFrom('', 'g', 'giu', 'y'))
    .map(([s, f]) => new RegExp(s, f)),
  fc
    .tuple(fc.constantFrom(Error, TypeError, RangeError), fc.string(), primitive)
    .map(([E, m, cause]) => new E(m, { cause })),
  fc.tuple(view, bytes).map(([View, b]) => new View(b)),
  fc.tuple(wide, bytes).map(([View, b]) => new View(b.slice(b.length % 8).buffer)),
  bytes.map((b) => b.slice().buffer),
  bytes.map((b) => new DataView(b.slice().buffer)),
  fc.oneof(fc.boolean(), fc.integer(), fc.string(), fc.bigInt()).map(Object),
);
const { value, graph } = fc.letrec<{ value: unknown; graph: unknown }>((tie) => {
  const parts = fc.array(tie('value'), { maxLength: 4 });
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      parts,
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(objectOf),
      fc.array(fc.tuple(fc.oneof(primitive, leaf), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
      parts.map((members) => new Set(members)),
      // Holes and named keys.
      fc.tuple(parts, fc.nat(6)).map(([list, at]) => Object.assign([...list], { [at]: 1 })),
      fc.tuple(parts, primitive).map(([list, named]) => Object.assign([...list], { named })),
    ),
    graph: fc.oneof(
      tie('value').map((part) => ({ one: part, other: [part], map: new Map([['k', part]]) })),
      fc.tuple(parts, key).map(([list, name]) => {
        const cycle = objectOf([[name, list]]);
        define(cycle, 'self', cycle);
        return cycle;
      }),
    ),
  };
});

/** A change that can be made to a draft and to a plain model alike. `steps` lead to the container it is made in. */
interface Change {
  readonly steps: readonly number[];
  readonly how: number;
  readonly at: number;
  readonly key: string;
  readonly value: unknown;
}
const changes = (given: fc.Arbitrary<unknown>): fc.Arbitrary<Change[][]> => {
  const change: fc.Arbitrary<Change> = fc.record({
    steps: fc.array(fc.nat(5), { maxLength: 4 }),
    how: fc.nat(6),
    at: fc.nat(5),
    key: key.filter((name) => name !== '__proto__'),
    value: given,
  });
  return fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 6 });
};

const isDense = (list: unknown[]) => Object.keys(list).length === list.length && !('named' in list);

function isContainer(part: Any): boolean {
  if (Array.isArray(part)) return isDense(part);
  if (part instanceof Map || part instanceof Set) return true;
  return typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype;
}

/** Its keys, whatever order they were put in; objects last, in their order. */
function ordered(part: Any): Any[] {
  if (Array.isArray(part)) return [...part.keys()];
  const keys: unknown[] = part instanceof Map || part instanceof Set ? [...part.keys()] : Object.keys(part);
  const rank = (name: unknown) => (typeof name === 'object' && name !== null ? '~' : inspect(name));
  return keys.sort((a, b) => (rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b))));
}

function make(state: Any, { steps, how, at, key: name, value: given }: Change): void {
  // Each side puts a copy of its own.
  const fresh = structuredClone(given);
  let part = state;
  for (const step of steps) {
    const children: Any[] =
      part instanceof Set ? [] : ordered(part).map((name) => (part instanceof Map ? part.get(name) : part[name]));
    const next = children.filter(isContainer)[step];
    if (next === undefined) break;
    part = next;
  }
  if (part instanceof Map) {
    const existing = ordered(part)[at];
    if (how < 3) part.set(name, fresh);
    else if (how < 4 && part.size > at) part.set(existing, fresh);
    else if (how < 6 && part.size > at) part.delete(existing);
    else if (how === 6 && at === 0) part.clear();
  } else if (part instanceof Set) {
    if (how < 3) part.add(fresh);
    else if (how < 6) part.delete(ordered(part)[at]);
    else if (at === 0) part.clear();
  } else if (Array.isArray(part)) {
    if (how === 0) part.push(fresh);
    else if (how === 1) part.shift();
    else if (how === 2) part.unshift(fresh, at);
    else if (how === 3) part.splice(at, 1, fresh);
    else if (how === 4) part.reverse();
    else if (how === 5) part.length = Math.min(part.length, at);
    else part[at] = fresh;
  } else if (how < 4) part[name] = fresh;
  else if (how < 5) delete part[name];
  else {
    // A part moves.
    const from = ordered(part)[at];
    if (from === undefined || from === '__proto__' || from === name) return;
    const moved = part[from];
    delete part[from];
    part[name] = moved;
  }
}

const runs = {
  seed,
  numRuns: Number(process.env.DROWSE_RUNS ?? 300),
  interruptAfterTimeLimit: 6_000,
  markInterruptAsFailure: false,
};

t.test(`whatever structured clone holds is kept as it lived, turn after turn (seed ${seed})`, async (t) => {
  const holds = fc.property(value, changes(value), (initial, turns) => {
    const kept = new KeptState({ state: initial }).turn(() => {});
    let model: Any = structuredClone({ state: initial });
    for (const turn of [[], ...turns]) {
      kept.turn(({ state }) => {
        for (const each of turn) make(state, each);
      });
      for (const each of turn) make(model, each);
      model = structuredClone(model);
      if (!isDeepStrictEqual(kept.folded, kept.live)) throw new Error('kept is not what lived');
      if (!isDeepStrictEqual(kept.folded, model)) throw new Error('kept is not the model');
    }
  });
  fc.assert(holds, runs);
  t.pass();
});

/** What stands at every path of up to so many steps: what a cycle is to whoever walks it. */
function unrolled(part: Any, depth = 5): unknown {
  if (!isContainer(part)) return part;
  if (depth === 0) return 'deeper';
  const below = (child: unknown) => unrolled(child, depth - 1);
  if (part instanceof Map) return new Map([...part].map(([key, child]) => [key, below(child)]));
  if (part instanceof Set) return [...part].map(below);
  if (Array.isArray(part)) return part.map(below);
  return objectOf(Object.entries(part).map(([name, child]) => [name, below(child)]));
}

t.test(`cycles and shared parts are kept as they lived (seed ${seed})`, async (t) => {
  const holds = fc.property(graph, changes(fc.oneof(value, graph)), (initial, turns) => {
    const kept = new KeptState({ state: initial }).turn(() => {});
    if (!isDeepStrictEqual(kept.folded, structuredClone({ state: initial }))) throw new Error('not as it was given');
    for (const turn of turns) {
      kept.turn(({ state }) => {
        for (const each of turn) make(state, each);
      });
      if (!isDeepStrictEqual(unrolled(kept.folded), unrolled(kept.live))) throw new Error('kept is not what lived');
    }
  });
  fc.assert(holds, runs);
  t.pass();
});
