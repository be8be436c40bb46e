import t, { type Test } from 'tap';
import { chunkKey, generationPrefix, headKey, recordKey } from '../../storage/keys.ts';
import { bytes, create, ids, text } from './contract.ts';
import { examine, remove, reopen, repairingAgainFindsNothing } from './examine.ts';
import { flip, keysOf, levelStore, replace } from './level-disk.ts';

const BOB = 'chat/bob';
const [FIRST, SECOND, THIRD] = [1, 2, 3].map((generation) => generationPrefix(BOB, generation)) as [
  Buffer,
  Buffer,
  Buffer,
];
const BEFORE = { snapshot: 'born', records: ['two', 'three'], sequence: 3 };

/** A closed store in which bob's snapshot 3 or 4, with a record after it, has replaced generation 1, not swept yet. */
async function closedStore(t: Test, snapshot: 3 | 4 = 3): Promise<string> {
  const { directory, store } = await levelStore(t);
  const unswept = replace(t, 'keys', () => () => {
    throw new Error('no sweeps');
  });
  await create(store, 'chat/ada', 'born', 'two');
  const journal = await create(store, BOB, 'born', 'two', 'three');
  await journal.snapshot(snapshot, bytes('folded'));
  await journal.append(bytes('next'));
  await store.close();
  unswept();
  return directory;
}

t.test(
  'a snapshot that is damaged before the one it replaced was cleared: the agent is returned to that',
  async (t) => {
    const cases = {
      'a flipped byte in a chunk': (d: string) => flip(d, chunkKey(SECOND, 1)),
      'a missing chunk': (d: string) => remove(d, chunkKey(SECOND, 1)),
      'a flipped byte in the head': (d: string) => flip(d, headKey(BOB)),
      'a missing head': (d: string) => remove(d, headKey(BOB)),
    };
    for (const [what, damage] of Object.entries(cases)) {
      t.test(what, async (t) => {
        const directory = await closedStore(t);
        await damage(directory);
        // A host that opens it meanwhile clears nothing.
        const damaged = await reopen(t, directory);
        if (what !== 'a missing head') await t.rejects(damaged.open(BOB), { code: 'ERR_DROWSE_CORRUPT_STATE' });
        await damaged.close();
        const finding = { agentId: BOB, lastGood: 3, lost: { from: 4, to: 4 } };
        const found = await examine(directory);
        t.match(found, { agents: 2, left: 1, found: [{ ...finding, remedy: '--repair returns it to 3' }] });
        t.match(await examine(directory, true), { agents: 2, left: 0, found: [{ ...finding, repaired: true }] });
        await repairingAgainFindsNothing(t, directory);
        t.same(await keysOf(directory, 't'), [], 'what it was returned to is not dead');
        await goesOn(t, directory);
      });
    }
  },
);

t.test('what came before is taken as far as it goes', async (t) => {
  const directory = await closedStore(t, 4);
  await flip(directory, chunkKey(SECOND, 1));
  await flip(directory, recordKey(FIRST, 3));
  const { found } = await examine(directory, true);
  t.match(found, [{ agentId: BOB, lastGood: 2, lost: { from: 3, to: 5 } }]);
  t.match(found[0]?.damage, [
    /its snapshot chunk 1/,
    'in what came before that, its record 3 is missing or fails its checksum',
  ]);
  await repairingAgainFindsNothing(t, directory);
  const store = await reopen(t, directory);
  t.same(text(await store.read(BOB)), { snapshot: 'born', records: ['two'], sequence: 2 });
});

t.test('where neither can be read the agent is moved aside whole, both generations with it', async (t) => {
  const directory = await closedStore(t);
  await flip(directory, chunkKey(SECOND, 1));
  await flip(directory, chunkKey(FIRST, 1));
  t.match(await examine(directory), {
    agents: 2,
    found: [{ agentId: BOB, lastGood: undefined, remedy: /cannot be saved/ }],
  });
  t.match(await examine(directory, true), { agents: 1, findings: 1, left: 0, aside: 6 });
  await repairingAgainFindsNothing(t, directory);
  const store = await reopen(t, directory);
  t.same(await ids(store), ['chat/ada']);
  await create(store, BOB, 'new');
  t.same(text(await store.read(BOB)), { snapshot: 'new', records: [], sequence: 1 });
});

t.test('damage in what came before is none while the live snapshot can be read', async (t) => {
  const directory = await closedStore(t);
  await flip(directory, chunkKey(FIRST, 1));
  await remove(directory, recordKey(FIRST, 2));
  t.match(await examine(directory), { agents: 2, findings: 0 });
});

t.test('a life that was deleted is never returned to', async (t) => {
  const { directory, store } = await levelStore(t);
  const mend = replace(t, 'keys', () => () => {
    throw new Error('no sweeps');
  });
  await create(store, BOB, 'born', 'two');
  await store.delete(BOB);
  await create(store, BOB, 'a second life');
  await store.close();
  mend();
  await flip(directory, chunkKey(SECOND, 1));
  t.match(await examine(directory, true), { agents: 0, found: [{ agentId: BOB, lastGood: undefined }] });
  await repairingAgainFindsNothing(t, directory);
});

t.test('what is older still, not swept yet, stays dead', async (t) => {
  const { directory, store, reopen, swept } = await levelStore(t);
  const mend = replace(t, 'keys', () => () => {
    throw new Error('no sweeps');
  });
  const journal = await create(store, BOB, 'unborn', 'two');
  await journal.snapshot(2, bytes('born'));
  await journal.append(bytes('three'));
  await journal.snapshot(3, bytes('folded'));
  await store.close();
  mend();
  await flip(directory, chunkKey(THIRD, 1));
  t.match(await examine(directory, true), { found: [{ agentId: BOB, lastGood: 3 }] });
  t.same(await keysOf(directory, 't'), [`t${BOB}`]);
  await repairingAgainFindsNothing(t, directory);
  const again = await reopen();
  t.same(text(await again.read(BOB)), { snapshot: 'born', records: ['three'], sequence: 3 });
  await swept();
  await again.close();
  const data = await keysOf(directory, `d${BOB}`);
  t.ok(
    data.every((key) => key.startsWith(SECOND.toString('latin1'))),
    'and is swept',
  );
});

t.test('a repair that is cut off at any write is taken up by the next, whatever a host does between', async (t) => {
  for (let last = 1, cut = true; cut; last += 1) {
    const directory = await closedStore(t);
    await flip(directory, chunkKey(SECOND, 1));
    let writes = 0;
    const mend = replace(t, 'batch', (own) => {
      return function (this: unknown) {
        writes += 1;
        if (writes > last) throw new Error('cut off');
        return own.call(this);
      };
    });
    cut = await examine(directory, true).then(
      () => false,
      () => true,
    );
    mend();
    const host = await reopen(t, directory);
    await host.open(BOB).then(
      ({ journal }) => journal.close(),
      () => undefined,
    );
    await host.close();
    t.match(await examine(directory, true), { agents: 2, left: 0 });
    await repairingAgainFindsNothing(t, directory);
    await goesOn(t, directory);
  }
});

/** Lives on from {@link BEFORE}, through the number of the generation that was lost. */
async function goesOn(t: Test, directory: string): Promise<void> {
  const store = await reopen(t, directory);
  t.same(await ids(store), ['chat/ada', BOB]);
  t.equal(store.total, 2);
  t.same(text(await store.read('chat/ada')), { snapshot: 'born', records: ['two'], sequence: 2 });
  const { journal, stored } = await store.open(BOB);
  t.same(text(stored), BEFORE);
  await journal.append(bytes('another four'));
  t.same(text(await store.read(BOB))?.records, ['two', 'three', 'another four']);
  await journal.snapshot(4, bytes('folded anew'));
  await journal.append(bytes('five'));
  await store.close();
  const again = await reopen(t, directory);
  t.same(text(await again.read(BOB)), { snapshot: 'folded anew', records: ['five'], sequence: 5 });
  await again.close();
  t.match(await examine(directory), { agents: 2, findings: 0 });
}
