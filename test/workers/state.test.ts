import t, { type Test } from 'tap';
import { sizeOf } from '../../core/codec.ts';
import { AgentState, fold } from '../../workers/state.ts';
import { type Any, KeptState } from './kept-state.ts';

t.test('a change in place is kept', async (t) => {
  const kept = new KeptState({ list: [1], name: 'a' }).turn(() => {});
  kept.turn(({ state }) => {
    state.list.push(2);
    delete state.name;
  });
  t.strictSame(kept.live, { list: [1, 2] });
  t.strictSame(fold(kept.snapshot, kept.records), { version: 3, state: { list: [1, 2] } });
});

t.test('a draft that is dropped leaves no trace', async (t) => {
  const kept = new KeptState({ list: [1], map: new Map([['a', { n: 1 }]]) }).turn(() => {});
  const dropped = kept.agent.draft();
  const { state } = dropped.root as { state: Any };
  state.list.length = 0;
  state.map.get('a').n = 2;
  t.strictSame(kept.live, { list: [1], map: new Map([['a', { n: 1 }]]) });
  kept.turn(({ state }) => state.list.push(5));
  t.strictSame(kept.folded, { list: [1, 5], map: new Map([['a', { n: 1 }]]) });
});

t.test('the whole state can be assigned', async (t) => {
  const kept = new KeptState({ old: 1 }).turn(() => {});
  kept.turn((root) => {
    root.state = { fresh: [1] };
    root.state.fresh.push(2);
  });
  kept.turn(({ state }) => state.fresh.push(3));
  t.strictSame(kept.live, { fresh: [1, 2, 3] });
  t.strictSame(kept.folded, kept.live);
});

t.test('a state can be a number, a text, an array, a Map or nothing at all', async (t) => {
  for (const [from, to] of [
    [1, 2],
    ['a', 'b'],
    [null, 7],
    [undefined, { a: 1 }],
    [[1], []],
    [new Map(), new Set([1])],
  ]) {
    const kept = new KeptState(from).turn(() => {});
    t.strictSame(kept.folded, from);
    kept.turn((root) => {
      root.state = to;
    });
    t.strictSame(kept.folded, to);
    t.strictSame(kept.live, to);
  }
});

t.test('a part can be moved, and parts nested in what is assigned are kept', async (t) => {
  const kept = new KeptState({ todo: [{ n: 1 }, { n: 2 }], done: [] as unknown[], last: null }).turn(() => {});
  kept.turn(({ state }) => {
    const [item] = state.todo.splice(0, 1);
    item.n += 10;
    state.done.push(item);
    state.last = { by: 'ada', items: [state.todo[0]] };
  });
  t.strictSame(kept.live, { todo: [{ n: 2 }], done: [{ n: 11 }], last: { by: 'ada', items: [{ n: 2 }] } });
  t.strictSame(kept.folded, kept.live);
});

t.test('the first change is a snapshot, even where nothing changed; later ones are records', async (t) => {
  const kept = new KeptState({ n: 0 }).turn(() => {});
  t.equal(kept.agent.stored?.tailBytes, 0);
  kept.turn(({ state }) => (state.n += 1)).turn(({ state }) => (state.n += 1));
  kept.turn(() => {});
  t.strictSame(kept.kinds, ['snapshot', 'record', 'record', 'nothing']);
  t.equal(kept.agent.stored?.snapshotBytes, kept.snapshot.length);
  t.equal(
    kept.agent.stored?.tailBytes,
    kept.records.reduce((sum, { length }) => sum + length, 0),
  );
});

t.test('what is stored already is built upon with records', async (t) => {
  const stored = { snapshotBytes: 100, tailBytes: 20, records: 1 };
  const state = new AgentState(
    { n: 1 },
    { version: 1, maxBytes: 1_000_000, maxRecordBytes: Number.POSITIVE_INFINITY, stored },
  );
  const draft = state.draft();
  (draft.root.state as Any).n = 2;
  const change = draft.finish();
  t.equal(change?.kind, 'record');
  t.strictSame(state.stored, { snapshotBytes: 100, tailBytes: 20 + sizeOf(change?.packed ?? ''), records: 2 });
});

t.test('a snapshot is due when the records have outgrown 32 KiB and the snapshot before them', async (t) => {
  const small = new KeptState({ text: '' }).turn(() => {});
  for (let turn = 0; turn < 40; turn += 1) {
    small.turn(({ state }) => {
      state.text = 'x'.repeat(1_000) + turn;
    });
  }
  const due = small.kinds.indexOf('snapshot', 1);
  t.ok(due > 25 && due < 33, `after ${due} records of a thousand bytes`);

  const large = new KeptState({ ballast: 'x'.repeat(100_000), text: '' }).turn(() => {});
  for (let turn = 0; turn < 80; turn += 1) {
    large.turn(({ state }) => {
      state.text = 'x'.repeat(1_000) + turn;
    });
  }
  t.equal(large.kinds.lastIndexOf('snapshot'), 0, '80,000 bytes of records behind 100,000 of snapshot');
});

t.test('a sleep replaces many records by a snapshot, and such as are an eighth of one, but no few', async (t) => {
  const small = new KeptState({ n: 0 }).turn(() => {});
  for (let turn = 0; turn < 16; turn += 1) small.turn(({ state }) => (state.n += 1));
  t.notOk(small.agent.hasLongTail);
  t.ok(small.turn(({ state }) => (state.n += 1)).agent.hasLongTail);

  const large = new KeptState({ ballast: 'x'.repeat(100_000), notes: [] }).turn(() => {});
  const note = () => large.turn(({ state }) => state.notes.push('x'.repeat(10_000)));
  t.notOk(note().agent.hasLongTail, '10,000 bytes behind 100,000');
  t.ok(note().agent.hasLongTail);
});

/** The turn must throw with `code` and leave the state, its sizes and the next turn as if it had not been. */
function refuses(t: Test, kept: KeptState, code: string, change: (state: Any) => void): void {
  const before = { live: kept.live, stored: kept.agent.stored };
  t.throws(() => kept.turn(({ state }) => change(state)), { code });
  t.strictSame({ live: kept.live, stored: kept.agent.stored }, before);
  kept.turn(({ state }) => {
    state.n += 1;
  });
  t.strictSame(kept.folded, { ...before.live, n: before.live.n + 1 });
}

t.test('a state that would be too large leaves everything as it was', async (t) => {
  const kept = new KeptState({ n: 0, text: '' }, 1_000).turn(() => {});
  kept.turn(({ state }) => (state.n += 1));
  refuses(t, kept, 'ERR_DROWSE_STATE_TOO_LARGE', (state) => {
    state.text = 'x'.repeat(1_000);
  });
  t.throws(() => new KeptState('x'.repeat(2_000), 1_000).turn(() => {}), { code: 'ERR_DROWSE_STATE_TOO_LARGE' });
});

t.test('records may add up to more than the limit while the state is below it', async (t) => {
  const kept = new KeptState({ n: 0, text: '' }, 1_000).turn(() => {});
  for (let turn = 0; turn < 100; turn += 1) {
    kept.turn(({ state }) => {
      state.text = 'x'.repeat(500);
      state.n += 1;
    });
  }
  t.equal(kept.folded.n, 100);
});

t.test('a state that cannot be copied leaves everything as it was', async (t) => {
  const kept = new KeptState({ n: 0, list: [] as unknown[] }).turn(() => {});
  refuses(t, kept, 'ERR_DROWSE_NOT_SERIALIZABLE', (state) => state.list.push({ reply: () => 1 }));
});

t.test('the error names the path in the state, in the first turn and in later ones', async (t) => {
  const message = /^state\.list\[1\]\.reply cannot be copied/;
  const grow = ({ state }: { state: Any }) => state.list.push({ reply: () => 1 });
  const kept = new KeptState({ list: [0] });
  t.throws(() => kept.turn(grow), { message });
  kept.turn(() => {});
  t.throws(() => kept.turn(grow), { message });
});

t.test('a change that was carried is kept with the next one, once', async (t) => {
  const kept = new KeptState({ n: 0, m: 0 }).turn(() => {});
  const draft = kept.agent.draft();
  (draft.root.state as Any).n = 1;
  draft.carry();
  t.strictSame(kept.live, { n: 1, m: 0 });
  t.strictSame(kept.folded, { n: 0, m: 0 });
  t.throws(() => kept.turn(({ state }) => (state.m = () => 1)), { code: 'ERR_DROWSE_NOT_SERIALIZABLE' });
  kept.turn(({ state }) => (state.m = 1));
  t.strictSame(kept.folded, { n: 1, m: 1 });
  kept.turn(({ state }) => (state.n = 5)).turn(({ state }) => (state.m = 2));
  t.strictSame(kept.folded, { n: 5, m: 2 });
});
