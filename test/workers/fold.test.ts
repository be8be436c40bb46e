// What is kept of a state, a snapshot and records, must fold to the state that lives in the thread.
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { Random } from '../random.ts';
import { type Any, KeptState } from './kept-state.ts';

/** Makes a few hundred turns of random changes of all kinds; after each, what is kept must equal what lives. */
function mutateAtRandom(seed: number): string | undefined {
  const random = new Random(seed);
  let count = 0;
  const fresh = (): unknown =>
    random.pick<() => unknown>([
      () => ++count,
      () => `text ${++count}`,
      () => [++count, { n: count }],
      () => ({ n: ++count, more: { list: [count] } }),
      () => new Map<unknown, unknown>([['k', { n: ++count }]]),
      () => new Set([++count, `${count}`]),
    ])();
  const step = (part: Any): void => {
    if (Array.isArray(part)) {
      random.pick<() => void>([
        () => part.push(fresh(), fresh()),
        () => part.pop(),
        () => part.shift(),
        () => part.unshift(fresh()),
        () => part.splice(random.below(part.length + 1), random.below(3), fresh()),
        () => part.reverse(),
        () => part.sort((a: unknown, b: unknown) => (typeof a === 'number' && typeof b === 'number' ? b - a : 0)),
        () => (part.length = random.below(part.length + 1)),
        () => part.length > 0 && part.fill(fresh(), random.below(part.length), 1 + random.below(part.length)),
        () => part.length > 0 && walk(part[random.below(part.length)]),
      ])();
    } else if (part instanceof Map) {
      const key = random.pick<unknown>(['k', 'a', 1, '1']);
      random.pick<() => void>([
        () => part.set(key, fresh()),
        () => part.delete(key),
        () => random.below(10) === 0 && part.clear(),
        () => walk(part.get(key)),
      ])();
    } else if (part instanceof Set) {
      random.pick<() => void>([
        () => part.add(random.below(8)),
        () => part.delete(random.below(8)),
        () => random.below(10) === 0 && part.clear(),
      ])();
    } else {
      const key = random.pick(['a', 'b', 'n', 'odd key', '0']);
      random.pick<() => void>([
        () => (part[key] = fresh()),
        () => delete part[key],
        () => walk(part[key]),
        () => walk(part[key]),
      ])();
    }
  };
  const walk = (part: Any): void => {
    if (typeof part === 'object' && part !== null) step(part);
  };

  const kept = new KeptState({ list: [], map: new Map(), set: new Set(), object: {} }).turn(() => {});
  for (let turn = 0; turn < 300; turn += 1) {
    kept.turn((root) => {
      if (random.below(100) === 0) root.state = { ...root.state, list: [fresh()] };
      for (let i = random.below(6); i >= 0; i -= 1) step(root.state[random.pick(['list', 'map', 'set', 'object'])]);
    });
    if (!isDeepStrictEqual(kept.folded, kept.live)) return `seed ${seed}: what is kept differs after turn ${turn}`;
  }
  return kept.kinds.includes('record') ? undefined : 'no records were made';
}

t.test('after hundreds of random changes, what is kept is what lives', async (t) => {
  for (const seed of [1, 2, 3, 4, 5]) t.equal(mutateAtRandom(seed), undefined);
});

t.test('a part that stands in two places is two parts once one of them changes, alive and kept alike', async (t) => {
  const part = { n: 0 };
  const initial = new KeptState({ a: part, b: part }).turn(() => {});
  initial.turn(({ state }) => {
    state.a.n = 1;
  });
  t.strictSame(initial.folded, initial.live, 'from the snapshot');

  const added = new KeptState({ list: [] as unknown[], current: null }).turn(() => {});
  added.turn(({ state }) => {
    const item = { n: 0 };
    state.list.push(item);
    state.current = item;
  });
  added.turn(({ state }) => {
    state.current.n = 5;
  });
  t.strictSame(added.folded, added.live, 'from a record');
});

t.test('objects in a Set are removed and changed, alive and kept alike', async (t) => {
  const removed = new KeptState({ set: new Set([{ n: 1 }, { n: 2 }]) }).turn(() => {});
  removed.turn(({ state }) => {
    for (const member of state.set) if (member.n === 1) state.set.delete(member);
  });
  t.strictSame([...removed.folded.set], [...removed.live.set]);

  const changed = new KeptState({ set: new Set([{ n: 1 }, { n: 2 }]) }).turn(() => {});
  changed.turn(({ state }) => {
    for (const member of state.set) member.n += 10;
  });
  t.strictSame([...changed.folded.set], [...changed.live.set]);
});

t.test('the keys of a Map can be anything', async (t) => {
  const keys = { true: true, bigint: 1n, null: null, number: 1.5, text: 'text', object: { an: 'object' }, array: [1] };
  for (const [kind, key] of Object.entries(keys)) {
    const kept = new KeptState({ map: new Map([[key, { n: 1 }]]) }).turn(() => {});
    kept.turn(({ state }) => {
      for (const value of state.map.values()) value.n = 2;
    });
    t.strictSame([...kept.folded.map], [[key, { n: 2 }]], `changed under ${kind}`);
    kept.turn(({ state }) => {
      for (const each of state.map.keys()) state.map.delete(each);
    });
    t.equal(kept.folded.map.size, 0, `removed under ${kind}`);
  }
});

t.test('a Map keys its entries by type: 1 is not "1", nor true "true"', async (t) => {
  const entries: Array<[unknown, unknown]> = [
    [1, { n: 1 }],
    ['1', { n: 2 }],
    [true, { n: 3 }],
    ['true', { n: 4 }],
  ];
  const kept = new KeptState({ map: new Map(entries) }).turn(() => {});
  kept.turn(({ state }) => {
    state.map.get(1).n = 10;
    state.map.get(true).n = 30;
  });
  t.strictSame([...kept.folded.map], [...kept.live.map]);
});

t.test('a key may have any name, those of Object.prototype included', async (t) => {
  for (const name of ['constructor', 'prototype', 'toString', 'length', '']) {
    const kept = new KeptState({ words: { [name]: { n: 0 } } }).turn(() => {});
    kept.turn(({ state }) => {
      state.words[name].n += 1;
    });
    t.same(kept.folded.words[name], { n: 1 }, JSON.stringify(name));
  }
});

t.test('Maps and Sets keep the order in which their entries were put', async (t) => {
  const kept = new KeptState({
    map: new Map([
      ['a', 1],
      ['b', 2],
    ]),
    set: new Set([1, 2, 3]),
  }).turn(() => {});
  kept.turn(({ state }) => {
    state.map.delete('a');
    state.map.set('a', 3);
    state.set.delete(1);
    state.set.add(1);
  });
  t.strictSame([...kept.live.map.keys()], ['b', 'a']);
  t.strictSame([...kept.folded.map.keys()], ['b', 'a']);
  t.strictSame([...kept.folded.set], [2, 3, 1]);
});
