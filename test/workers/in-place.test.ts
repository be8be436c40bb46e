// What happens to values in a state that an agent's code changes in their places, keeps, or puts into themselves.
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { DrowseError } from '../../core/errors.ts';
import { type Any, KeptState } from './kept-state.ts';

/** Each way to change a value in its place, with the path that the error names. */
const inPlace: Record<string, { put: unknown; path: string; change: (state: Any) => void }> = {
  'a Date': { put: new Date(5), path: 'state.put', change: (state) => state.put.setTime(6) },
  'a Date in a list': {
    put: { items: [0, 0, 0, { at: new Date(5) }] },
    path: 'state.put.items[3].at',
    change: (state) => state.put.items[3].at.setFullYear(2000),
  },
  'an item of a list of Dates': {
    put: [new Date(5)],
    path: 'state.put[0]',
    change: (state) => state.put[0].setTime(6),
  },
  'a Date in a Map': {
    put: new Map([['k', new Date(5)]]),
    path: "state.put.get('k')",
    change: (state) => state.put.get('k').setTime(6),
  },
  'a Date in a Set': {
    put: new Set([1, new Date(5)]),
    path: 'state.put.values()[1]',
    change: (state) => [...state.put][1].setTime(6),
  },
  'the key of a Map': {
    put: new Map([[{ n: 1 }, 2]]),
    path: 'state.put.keys()[0]',
    change: (state) => {
      for (const key of state.put.keys()) key.n = 2;
    },
  },
  'a typed array': {
    put: new Uint8Array([1]),
    path: 'state.put',
    change: (state) => {
      state.put[0] = 2;
    },
  },
  'a large typed array': {
    put: new Float32Array(5_000),
    path: 'state.put',
    change: (state) => {
      state.put[4_000] = 1;
    },
  },
  'an ArrayBuffer': {
    put: new ArrayBuffer(1),
    path: 'state.put',
    change: (state) => new Uint8Array(state.put).fill(1),
  },
  'an ArrayBuffer given away': { put: new ArrayBuffer(1), path: 'state.put', change: (state) => state.put.transfer() },
  'a DataView': {
    put: new DataView(new ArrayBuffer(1)),
    path: 'state.put',
    change: (state) => state.put.setInt8(0, 1),
  },
  'the lastIndex of a RegExp': { put: /a/g, path: 'state.put', change: (state) => state.put.test('aa') },
  'the message of an Error': {
    put: new Error('a'),
    path: 'state.put',
    change: (state) => {
      state.put.message = 'b';
    },
  },
  'the stack of an Error': {
    put: new Error('a'),
    path: 'state.put',
    change: (state) => {
      state.put.stack = 'b';
    },
  },
  'the cause of an Error': {
    put: new Error('a', { cause: { n: 1 } }),
    path: 'state.put',
    change: (state) => {
      state.put.cause.n = 2;
    },
  },
  'an array with holes': { put: Object.assign([], { 2: 1 }), path: 'state.put', change: (state) => state.put.push(1) },
  'an array with named keys': {
    put: Object.assign([1], { a: 1 }),
    path: 'state.put',
    change: (state) => state.put.pop(),
  },
};

for (const [what, { put, path, change }] of Object.entries(inPlace)) {
  t.test(`a change in place is refused with its path, and rolled back: ${what}`, async (t) => {
    const kept = new KeptState({ n: 0, put }).turn(() => {});
    const before = kept.live;
    const turn = ({ state }: { state: Any }) => {
      state.n += 1;
      change(state);
    };
    try {
      kept.turn(turn);
      t.fail('not refused');
    } catch (error) {
      t.equal((error as DrowseError).code, 'ERR_DROWSE_UNTRACKED_MUTATION');
      t.equal((error as DrowseError).message.split(' (')[0], path);
    }
    t.ok(isDeepStrictEqual(kept.live, before));
    // A turn that throws by itself has nothing to undo either.
    turn(kept.agent.draft().root as { state: Any });
    t.ok(isDeepStrictEqual(kept.live, before));
    kept.turn(({ state }) => {
      state.n = 5;
    });
    t.ok(isDeepStrictEqual(kept.folded, { ...before, n: 5 }));
  });
}

t.test('values are replaced by changed copies of them', async (t) => {
  const kept = new KeptState({ at: new Date(5), bytes: new Uint8Array([1, 2]) }).turn(() => {});
  kept.turn(({ state }) => {
    const at = new Date(state.at);
    at.setTime(6);
    state.at = at;
    state.bytes = state.bytes.map((byte: number) => byte * 2);
  });
  t.strictSame(kept.folded, { at: new Date(6), bytes: new Uint8Array([2, 4]) });
  t.strictSame(kept.live, kept.folded);
});

t.test("what is new in the state can be changed until the turn ends, and is nobody else's afterwards", async (t) => {
  const item = { at: new Date(1), list: [1], map: new Map([['k', { n: 1 }]]) };
  const kept = new KeptState({ items: [] as unknown[] }).turn(() => {});
  let read: Date | undefined;
  kept.turn(({ state }) => {
    state.items.push(item);
    item.at.setTime(2);
    state.items[0].list.push(2);
  });
  kept.turn(({ state }) => {
    read = state.items[0].at;
  });
  item.at.setTime(3);
  item.list.push(3);
  item.map.clear();
  read?.setTime(4);
  t.strictSame(kept.live, { items: [{ at: new Date(2), list: [1, 2], map: new Map([['k', { n: 1 }]]) }] });
  t.strictSame(kept.folded, kept.live);
});

t.test('an initial state is copied: a turn cannot change the object it was made from', async (t) => {
  const initial = { at: new Date(1), list: [1] };
  const kept = new KeptState(initial);
  initial.list.push(2);
  initial.at.setTime(2);
  kept.turn(() => {});
  t.strictSame(kept.folded, { at: new Date(1), list: [1] });
});

t.test('an object of a class is a plain object from the end of the turn, alive and kept alike', async (t) => {
  class Point {
    x = 1;
    get y() {
      return 2;
    }
  }
  const kept = new KeptState({ point: null }).turn(() => {});
  kept.turn(({ state }) => {
    state.point = new Point();
    state.point.x = 3;
  });
  kept.turn(({ state }) => {
    t.equal(Object.getPrototypeOf(state.point), Object.prototype);
    state.point.x += 1;
  });
  t.strictSame(kept.folded, { point: { x: 4 } });
  t.strictSame(kept.live, kept.folded);
});

t.test('a part can be put into itself', async (t) => {
  const kept = new KeptState({ node: { n: 1 } }).turn(() => {});
  kept.turn(({ state }) => {
    state.node.up = state;
  });
  const { folded } = kept;
  t.equal(folded.node.up, folded);
  kept.turn(({ state }) => {
    t.equal(state.node.up.node.n, 1);
    state.node.n = 2;
  });
  t.same([kept.folded.node.n, kept.folded.node.up.node.n], [2, 1], 'changed at one of its places');
});
