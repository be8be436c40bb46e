import type { Test } from 'tap';
import type { Journal, Listed, ListQuery, Store, Stored } from '../../storage/store.ts';

/** A store to be tested, on a clock that always says {@link NOW}. The maker closes it at the test's end. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Closes the store and opens the same place again; left out by a store that keeps nothing. */
  readonly reopen?: () => Promise<Store>;
}

export const NOW = 1_700_000_000_000;

/** What every store does. A store that passes this meets the contract of storage/store.ts. */
export function storeContract(t: Test, makeStore: (t: Test) => Promise<StoreUnderTest>): void {
  t.test('an agent that was never written does not exist', async (t) => {
    const { store } = await makeStore(t);
    const { journal, stored } = await store.open('chat/ada');
    t.equal(journal.sequence, 0);
    t.equal(stored, undefined);
    t.equal(await store.read('chat/ada'), undefined);
    t.equal(store.total, 0);
    t.same(await all(store), []);
    t.equal(await store.delete('chat/ada'), false);
  });

  t.test('what was written is read again: the snapshot and the records after it, in order', async (t) => {
    const { store } = await makeStore(t);
    await create(store, 'chat/ada', 'born', 'one', 'two');
    t.same(text(await store.read('chat/ada')), { snapshot: 'born', records: ['one', 'two'], sequence: 3 });
    t.equal((await store.read('chat/ada'))?.createdAt, NOW);
    const { journal, stored } = await store.open('chat/ada');
    t.equal(journal.sequence, 3);
    t.same(text(stored), { snapshot: 'born', records: ['one', 'two'], sequence: 3 });
  });

  t.test('a snapshot replaces what came before, standing for this sequence or the next', async (t) => {
    const { store } = await makeStore(t);
    const journal = await create(store, 'chat/ada', 'born', 'one');
    await journal.snapshot(2, bytes('folded'));
    t.same(text(await store.read('chat/ada')), { snapshot: 'folded', records: [], sequence: 2 });
    await journal.append(bytes('three'));
    await journal.snapshot(4, bytes('four'));
    t.equal(journal.sequence, 4);
    await journal.append(bytes('five'));
    t.same(text(await store.read('chat/ada')), { snapshot: 'four', records: ['five'], sequence: 5 });
    t.equal((await store.read('chat/ada'))?.createdAt, NOW);
  });

  t.test('empty snapshots and empty records are kept like any other', async (t) => {
    const { store } = await makeStore(t);
    await create(store, 'chat/ada', '', '', '');
    t.same(text(await store.read('chat/ada')), { snapshot: '', records: ['', ''], sequence: 3 });
  });

  t.test('a write that does not fit the sequence is the mistake of the caller, and thrown', async (t) => {
    const { store } = await makeStore(t);
    const { journal } = await store.open('chat/ada');
    t.throws(() => journal.append(bytes('too early')), RangeError);
    for (const sequence of [0, 2]) t.throws(() => journal.snapshot(sequence, bytes('x')), RangeError);
    await journal.snapshot(1, bytes('born'));
    for (const sequence of [0, 3]) t.throws(() => journal.snapshot(sequence, bytes('x')), RangeError);
    t.equal(journal.sequence, 1);
  });

  t.test('bytes are copied as a call is made, also from a view into a larger buffer', async (t) => {
    const { store } = await makeStore(t);
    const { journal } = await store.open('chat/ada');
    const buffer = bytes('..born..');
    const writes = [journal.snapshot(1, buffer.subarray(2, 6)), journal.append(buffer.subarray(2, 6))];
    buffer.fill(0);
    await Promise.all(writes);
    t.same(text(await store.read('chat/ada')), { snapshot: 'born', records: ['born'], sequence: 2 });
  });

  t.test('writes are accepted at once, and settle in the order of their calls', async (t) => {
    const { store } = await makeStore(t);
    const { journal } = await store.open('chat/ada');
    const settled: number[] = [];
    const writes = [journal.snapshot(1, bytes('born'))];
    for (let sequence = 2; sequence <= 50; sequence += 1) writes.push(journal.append(bytes(`${sequence}`)));
    t.equal(journal.sequence, 50);
    await Promise.all(writes.map((write, index) => write.then(() => settled.push(index))));
    t.same(settled, [...writes.keys()]);
    t.equal((await store.read('chat/ada'))?.records.length, 49);
  });

  t.test('the newest claim owns the agent: older journals are fenced and change nothing', async (t) => {
    const { store } = await makeStore(t);
    const older = await create(store, 'chat/ada', 'born');
    const newer = (await store.open('chat/ada')).journal;
    await t.rejects(older.append(bytes('stale')), { code: 'ERR_DROWSE_FENCED', agentId: 'chat/ada' });
    const pipelined = older.snapshot(3, bytes('after the refused record'));
    await t.rejects(pipelined, { code: 'ERR_DROWSE_FENCED' }, 'though it does not fit the sequence either');
    t.equal(older.sequence, 1);
    older.close();
    await newer.append(bytes('two'));
    t.same(text(await store.read('chat/ada')), { snapshot: 'born', records: ['two'], sequence: 2 });
  });

  t.test('a claim sees what older journals had under way when it was made', async (t) => {
    const { store } = await makeStore(t);
    const older = await create(store, 'chat/ada', 'born');
    const writes = [older.append(bytes('two')), older.snapshot(3, bytes('three')), older.append(bytes('four'))];
    const [first, second] = await Promise.all([store.open('chat/ada'), store.open('chat/ada')]);
    t.same(text(second.stored), { snapshot: 'three', records: ['four'], sequence: 4 });
    await Promise.all(writes);
    await t.rejects(first.journal.append(bytes('stale')), { code: 'ERR_DROWSE_FENCED' });
    await second.journal.append(bytes('five'));
    t.equal((await store.read('chat/ada'))?.sequence, 5);
  });

  t.test('a journal that was closed writes no more, but what it wrote still settles', async (t) => {
    const { store } = await makeStore(t);
    const journal = await create(store, 'chat/ada', 'born');
    const write = journal.append(bytes('two'));
    journal.close();
    journal.close();
    await t.rejects(journal.append(bytes('late')), { code: 'ERR_DROWSE_FENCED' });
    const { stored } = await store.open('chat/ada');
    t.same(text(stored), { snapshot: 'born', records: ['two'], sequence: 2 });
    await write;
  });

  t.test('agents do not see each other, whatever their ids share', async (t) => {
    const { store } = await makeStore(t);
    for (const id of ['a/b', 'a/bc', 'a/b/c', 'a/é']) await create(store, id, id, `${id} one`);
    await store.delete('a/b');
    for (const id of ['a/bc', 'a/b/c', 'a/é']) {
      t.same(text(await store.read(id)), { snapshot: id, records: [`${id} one`], sequence: 2 });
    }
    t.equal(await store.read('a/b'), undefined);
  });

  t.test('the total follows creations and deletions', async (t) => {
    const { store } = await makeStore(t);
    await Promise.all(['a/1', 'a/2', 'a/3'].map((id) => create(store, id, 'born', 'one')));
    t.equal(store.total, 3);
    t.same(await Promise.all(['a/1', 'a/2', 'a/9'].map((id) => store.delete(id))), [true, true, false]);
    t.equal(store.total, 1);
    await create(store, 'a/1', 'born again');
    t.equal(store.total, 2);
  });

  t.test('delete waits for what is under way, fences the journals, and leaves nothing to a namesake', async (t) => {
    const { store } = await makeStore(t);
    const { journal } = await store.open('chat/ada');
    const writes = [journal.snapshot(1, bytes('born')), journal.append(bytes('two')), journal.append(bytes('three'))];
    const deleted = store.delete('chat/ada');
    const reopened = store.open('chat/ada');
    t.equal(await deleted, true);
    await Promise.all(writes);
    await t.rejects(journal.append(bytes('stale')), { code: 'ERR_DROWSE_FENCED' });
    t.equal(await store.read('chat/ada'), undefined);
    const { journal: namesake, stored } = await reopened;
    t.equal(stored, undefined);
    await namesake.snapshot(1, bytes('new'));
    await namesake.append(bytes('second'));
    t.same(text(await store.read('chat/ada')), { snapshot: 'new', records: ['second'], sequence: 2 });
    t.same(await Promise.all([store.delete('chat/ada'), store.delete('chat/ada')]), [true, false]);
    t.equal(store.total, 0);
  });

  t.test('list gives the ids in the order of their bytes, after one, under a prefix, up to a limit', async (t) => {
    const { store } = await makeStore(t);
    const inOrder = ['a!/b', 'a/a', 'a/b', 'a/b/c', 'a/bc', 'a/z', 'a/é', 'a/\u{ffff}', 'a/😀', 'b/a'];
    for (const id of inOrder.toReversed()) await create(store, id, 'born', 'one');
    t.same(await ids(store), inOrder);
    t.same(await ids(store, { prefix: 'a/' }), inOrder.slice(1, 9));
    t.same(await ids(store, { prefix: 'a/b' }), ['a/b', 'a/b/c', 'a/bc']);
    t.same(await ids(store, { after: 'a/b' }), inOrder.slice(3));
    t.same(await ids(store, { after: 'a/aa' }), inOrder.slice(2), 'an id that does not exist');
    t.same(await ids(store, { prefix: 'a/', after: 'a' }), inOrder.slice(1, 9), 'after one before the prefix');
    t.same(await ids(store, { prefix: 'a/', after: 'b' }), [], 'after one behind the prefix');
    t.same(await ids(store, { prefix: 'a/', after: 'a/a', limit: 2 }), ['a/b', 'a/b/c']);
    t.same(await ids(store, { limit: 0 }), []);
    t.same(await ids(store, { prefix: 'c' }), []);
    t.same((await all(store))[0], { agentId: 'a!/b', createdAt: NOW });
    for await (const { agentId } of store.list()) {
      t.equal(agentId, 'a!/b', 'a loop may end early');
      break;
    }
  });

  t.test('close waits for the writes under way, and later calls are refused', async (t) => {
    const { store } = await makeStore(t);
    const journal = await create(store, 'chat/ada', 'born');
    let written = false;
    const write = journal.append(bytes('two')).then(() => {
      written = true;
    });
    await store.close();
    t.equal(written, true);
    await write;
    await store.close();
    const closed = { code: 'ERR_DROWSE_CLOSED' };
    await t.rejects(journal.append(bytes('late')), closed);
    await t.rejects(store.open('chat/ada'), closed);
    await t.rejects(store.read('chat/ada'), closed);
    await t.rejects(store.delete('chat/ada'), closed);
    await t.rejects(all(store), closed);
  });

  t.test('what was written outlives the store', async (t) => {
    const { store, reopen } = await makeStore(t);
    if (!reopen) return t.pass('this one keeps nothing');
    await create(store, 'chat/ada', 'born', 'two');
    const folded = await create(store, 'chat/bob', 'born', 'two');
    await folded.snapshot(2, bytes('folded'));
    await create(store, 'chat/eve', 'born');
    await store.delete('chat/eve');
    const again = await reopen();
    t.equal(again.total, 2);
    t.same(await ids(again), ['chat/ada', 'chat/bob']);
    t.same(text(await again.read('chat/ada')), { snapshot: 'born', records: ['two'], sequence: 2 });
    t.same(text(await again.read('chat/bob')), { snapshot: 'folded', records: [], sequence: 2 });
    const { journal } = await again.open('chat/ada');
    await journal.append(bytes('three'));
    t.same((await again.read('chat/ada'))?.sequence, 3);
  });
}

/** Writes a new agent: its snapshot 1, then the records. */
export async function create(store: Store, agentId: string, snapshot: string, ...records: string[]): Promise<Journal> {
  const { journal } = await store.open(agentId);
  await Promise.all([journal.snapshot(1, bytes(snapshot)), ...records.map((record) => journal.append(bytes(record)))]);
  return journal;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What is stored, readable; without the time. */
export function text(
  stored: Stored | undefined,
): { snapshot: string; records: string[]; sequence: number } | undefined {
  if (!stored) return undefined;
  const read = (part: Uint8Array) => new TextDecoder().decode(part);
  return { snapshot: read(stored.snapshot), records: stored.records.map(read), sequence: stored.sequence };
}

export async function ids(store: Store, query?: ListQuery): Promise<string[]> {
  return (await all(store, query)).map(({ agentId }) => agentId);
}

async function all(store: Store, query?: ListQuery): Promise<Listed[]> {
  const listed: Listed[] = [];
  for await (const agent of store.list(query)) listed.push(agent);
  return listed;
}
