import type { Test } from 'tap';
import type { Messages, Pending } from '../../storage/messages.ts';
import type { Store } from '../../storage/store.ts';
import { bytes, create, NOW, type StoreUnderTest, text } from './contract.ts';
import { collect, note, readable, settle, stepsFor } from './steps.ts';

const ADA = 'chat/ada';
const BOB = 'chat/bob';

/** What every store does with messages. */
export function messagesContract(t: Test, makeStore: (t: Test) => Promise<StoreUnderTest>): void {
  const setUp = async (t: Test) => {
    const under = await makeStore(t);
    const { messages } = under.store;
    return { ...under, messages, ...stepsFor(messages) };
  };

  t.test('an agent nobody told anything has nothing waiting', async (t) => {
    const { store, messages } = await setUp(t);
    const nothing = { messages: [], more: false, notes: [], alarms: [] };
    t.same(await messages.pending(ADA), nothing);
    t.same((await store.open(ADA)).pending, nothing);
    t.equal(messages.answer(ADA, 'key'), undefined);
    t.equal(await messages.letter(ADA, 1), undefined);
    t.same(await collect(messages.letters()), []);
    t.same(await collect(messages.waiting()), []);
    t.same(await collect(messages.due(0, Number.POSITIVE_INFINITY)), []);
  });

  t.test('a record, or a snapshot, is kept together with its steps', async (t) => {
    const { store, messages, tell, alarm, answer } = await setUp(t);
    const journal = await create(store, ADA, 'born');
    const told = tell(BOB, 'hello', { chain: [ADA] });
    await journal.append(bytes('two'), [told, answer(ADA, 'key')]);
    t.same((await messages.pending(BOB)).messages, [told.told], 'in the inbox of the one it was told');
    t.equal(readable(messages.answer(ADA, 'key')?.reply), 'reply');
    await journal.snapshot(3, bytes('three'), [alarm(ADA, 'daily', 500), settle(BOB, told.told.number)]);
    t.same(names(await messages.pending(ADA)), ['daily']);
    t.same((await messages.pending(BOB)).messages, []);
    await journal.write([tell(ADA, 'alone')]);
    t.same(text(await store.read(ADA)), { snapshot: 'three', records: [], sequence: 3 }, 'steps alone leave the state');
    t.same(bodies((await store.open(ADA)).pending), ['alone']);
    await t.rejects(journal.write([tell(ADA, 'stale')]), { code: 'ERR_DROWSE_FENCED' });
    t.same(bodies(await messages.pending(ADA)), ['alone']);
  });

  t.test('an inbox is read in pages, in the order of its numbers, each message with its notes', async (t) => {
    const { messages, tell, alarm } = await setUp(t);
    const early = alarm(ADA, 'early', 1);
    const told = Array.from({ length: 5 }, (_, n) => tell(ADA, `${n}`));
    const late = alarm(ADA, 'late', 2);
    const numbers = [...told.map(({ told }) => told.number), early.alarm.number, late.alarm.number];
    await messages.write([...told.toReversed(), early, late, ...numbers.map((number) => note(ADA, number))]);
    const first = await messages.pending(ADA, { limit: 2 });
    t.same([bodies(first), first.more], [['0', '1'], true]);
    t.same(noted(first), [early, told[0], told[1], late].map(numberOf), 'and the notes on all alarms');
    const next = await messages.pending(ADA, { after: first.messages[1]?.number as number, limit: 2 });
    t.same([bodies(next), next.more], [['2', '3'], true]);
    t.same(noted(next), [early, told[2], told[3], late].map(numberOf));
    const last = await messages.pending(ADA, { after: next.messages[1]?.number as number, limit: 2 });
    t.same([bodies(last), last.more], [['4'], false]);
    t.same(noted(last), [early, told[4], late].map(numberOf));
    t.same(names(first), ['early', 'late']);
    const exact = await messages.pending(ADA, { limit: 5 });
    t.same([exact.messages.length, exact.more], [5, false]);
    t.match(exact.notes[0], { attempts: [{ at: NOW, cause: 'it threw' }], retryAt: NOW + 1 });
    const [forgotten] = numbers as [number];
    await messages.write([{ kind: 'note', agentId: ADA, notes: { number: forgotten, attempts: [] } }]);
    await messages.write([settle(ADA, numbers[1] as number)]);
    const rest = await messages.pending(ADA);
    t.same(bodies(rest), ['0', '2', '3', '4']);
    t.notOk(noted(rest).includes(forgotten), 'notes without attempts are no notes');
    t.notOk(noted(rest).includes(numbers[1] as number), 'those on a settled message are gone');
  });

  t.test('the agents that have something in their inboxes are known, and no other', async (t) => {
    const { store, messages, tell, alarm } = await setUp(t);
    await create(store, 'a/idle', 'born');
    const noted = alarm('a/alarmed', 'daily', 1);
    const settled = tell('a/done', 'over');
    await messages.write([tell('a/b', '1'), tell('a/b', '2'), tell('a/é', '3'), tell('a', '4'), settled, noted]);
    await messages.write([settle('a/done', settled.told.number), note('a/alarmed', noted.alarm.number)]);
    t.same(await collect(messages.waiting()), ['a', 'a/b', 'a/é']);
    for await (const id of messages.waiting()) {
      t.equal(id, 'a', 'a loop may end early');
      break;
    }
  });

  t.test('alarms are due in the order of their times; replaced and removed ones are not', async (t) => {
    const { messages, alarm } = await setUp(t);
    await messages.write([alarm(ADA, 'b', 20), alarm(BOB, 'a', 10), alarm(ADA, 'c', 30), alarm(ADA, 'a', 20)]);
    const due = async (from: number, to: number) =>
      (await collect(messages.due(from, to))).map(({ at, agentId, name }) => `${at} ${agentId} ${name}`);
    t.same(await due(10, 20), ['10 chat/bob a', '20 chat/ada a', '20 chat/ada b'], 'both ends included');
    await messages.write([alarm(ADA, 'b', 15, { was: 20 }), alarm(ADA, 'a', 20, { was: 20, every: 5 })]);
    await messages.write([{ kind: 'unalarm', agentId: ADA, name: 'c', was: 30 }]);
    t.same(await due(-1, Number.POSITIVE_INFINITY), ['10 chat/bob a', '15 chat/ada b', '20 chat/ada a']);
    t.match((await messages.pending(ADA)).alarms, [
      { name: 'a', at: 20, every: 5 },
      { name: 'b', at: 15 },
    ]);
    t.same(await due(21, 20), []);
  });

  t.test('an answer is found under its key, and a newer one takes its place', async (t) => {
    const { messages, answer } = await setUp(t);
    await messages.write([answer(ADA, 'key', 1, 'one'), answer(BOB, 'key', 1, 'other'), answer(ADA, 'key\n2', 1)]);
    t.match(messages.answer(ADA, 'key'), { key: 'key', at: 1, fingerprint: 'print' });
    await messages.write([answer(ADA, 'key', 2, 'two')]);
    t.equal(readable(messages.answer(ADA, 'key')?.reply), 'two');
    t.equal(readable(messages.answer(BOB, 'key')?.reply), 'other');
    t.equal(messages.answer(ADA, 'ke'), undefined);
  });

  t.test('answers are forgotten by age, and beyond so many of each agent; dead letters by age', async (t) => {
    const { messages, answer, bury } = await setUp(t);
    const kept = (agentId: string) => ['1', '2', '3', '4', '5'].filter((key) => messages.answer(agentId, key));
    for (const id of [ADA, BOB]) {
      await messages.write([1, 2, 3, 4].map((at) => answer(id, `${at}`, at)));
    }
    await messages.write([answer(BOB, '1', 5), bury(ADA, { at: 1 }), bury(ADA, { at: 2 })]);
    await messages.purge({ answers: 2, perAgent: 9, letters: 2 });
    t.same(kept(ADA), ['2', '3', '4']);
    t.same(kept(BOB), ['1', '2', '3', '4'], 'a key that was used again is as old as its newest answer');
    t.same(await lettersOf(messages, {}), [`${ADA} at 2`]);
    await messages.purge({ answers: 0, perAgent: 2, letters: 0 });
    t.same(kept(ADA), ['3', '4']);
    t.same(kept(BOB), ['1', '4'], 'the newest two');
    await messages.purge({ answers: 9, perAgent: 9, letters: 9 });
    t.same([...kept(ADA), ...kept(BOB), ...(await lettersOf(messages, {}))], []);
  });

  t.test('dead letters are listed by agent and number, after one, under a prefix, up to a limit', async (t) => {
    const { messages, bury } = await setUp(t);
    const letters = ['a/b', 'a/a', 'a/b', 'b/a'].map((id, at) => bury(id, { at }));
    await messages.write(letters);
    const inOrder = ['a/a at 1', 'a/b at 0', 'a/b at 2', 'b/a at 3'];
    t.same(await lettersOf(messages, {}), inOrder);
    t.same(await lettersOf(messages, { prefix: 'a/' }), inOrder.slice(0, 3));
    t.same(await lettersOf(messages, { prefix: 'a/', limit: 1 }), inOrder.slice(0, 1));
    t.same(await lettersOf(messages, { limit: 0 }), []);
    const number = letters[0]?.letter.number as number;
    t.same(await lettersOf(messages, { after: { agentId: 'a/b', number } }), inOrder.slice(2));
    t.same(await lettersOf(messages, { prefix: 'b', after: { agentId: 'a/b', number } }), inOrder.slice(3));
    t.same(await lettersOf(messages, { prefix: 'a/', after: { agentId: 'b/a', number } }), []);
    t.match(await messages.letter('a/b', number), { number, at: 0, cause: 'it threw' });
    await messages.write([{ kind: 'unbury', agentId: 'a/b', number }]);
    t.equal(await messages.letter('a/b', number), undefined);
    t.same(await lettersOf(messages, {}), ['a/a at 1', 'a/b at 2', 'b/a at 3']);
  });

  t.test('with an agent all goes that is kept of messages for it, and a namesake sees nothing of it', async (t) => {
    const { store, messages, tell, alarm, answer, bury } = await setUp(t);
    const dead = bury(ADA);
    await messages.write([tell(ADA, 'old'), alarm(ADA, 'daily', 7), answer(ADA, 'key'), dead, tell(BOB, 'other')]);
    await create(store, ADA, 'born');
    t.equal(await store.delete(ADA), true);
    const isGone = async (store: Store) => {
      t.match((await store.open(ADA)).pending, { messages: [], notes: [], alarms: [] });
      t.equal(store.messages.answer(ADA, 'key'), undefined);
      t.equal(await store.messages.letter(ADA, dead.letter.number), undefined);
      t.same(await lettersOf(store.messages, {}), []);
      t.same(await collect(store.messages.due(0, 100)), []);
      t.same(await collect(store.messages.waiting()), [BOB]);
    };
    await isGone(store);
    await messages.write([tell('chat/eve', 'for nobody yet')]);
    t.equal(await store.delete('chat/eve'), false, 'also of one that never was');
    await isGone(store);
  });

  t.test('what is numbered from the bound of a delete on survives it, in whatever order it comes', async (t) => {
    const { store, messages, tell, alarm, answer } = await setUp(t);
    await messages.write([tell(ADA, 'old'), alarm(ADA, 'old', 5), alarm(ADA, 'daily', 7), answer(ADA, 'key', 1)]);
    const before = messages.nextNumber();
    await messages.write([tell(ADA, 'new'), answer(ADA, 'key', 2), alarm(ADA, 'other', 6)]);
    const deleted = store.delete(ADA, before);
    const later = messages.write([tell(ADA, 'newer'), alarm(ADA, 'daily', 7)]);
    await Promise.all([deleted, later]);
    const check = async (store: Store) => {
      const pending = await store.messages.pending(ADA);
      t.same(
        [bodies(pending), names(pending)],
        [
          ['new', 'newer'],
          ['daily', 'other'],
        ],
      );
      t.equal(store.messages.answer(ADA, 'key')?.at, 2);
      t.same(
        (await collect(store.messages.due(0, 9))).map(({ name }) => name),
        ['other', 'daily'],
      );
    };
    await check(store);
    await store.delete(ADA, before - 1);
    await check(store);
  });

  t.test('numbers never repeat, and messages outlive the store', async (t) => {
    const { messages, tell, reopen } = await setUp(t);
    if (!reopen) return t.not(messages.nextNumber(), messages.nextNumber());
    let [highest, told, store] = [0, 0, undefined as Store | undefined];
    for (let round = 0; round < 3; round += 1) {
      const current: Messages = store?.messages ?? messages;
      for (let n = 0; n < 15_000; n += 1) {
        const number = current.nextNumber();
        if (number <= highest) t.fail(`${number} was given out again`);
        highest = number;
      }
      await current.write([tell(ADA, `${round}`, { number: highest })]);
      told += 1;
      store = await reopen();
      t.equal((await store.messages.pending(ADA)).messages.length, told);
    }
  });

  t.test('after the store is closed, its messages are refused', async (t) => {
    const { store, messages, tell } = await setUp(t);
    await messages.write([tell(ADA, 'hello')], { lightly: true });
    await store.close();
    const closed = { code: 'ERR_DROWSE_CLOSED' };
    t.throws(() => messages.answer(ADA, 'key'), closed);
    const purge = () => messages.purge({ answers: 0, perAgent: 0, letters: 0 });
    const loops = [messages.waiting(), messages.due(0, 1), messages.letters()];
    const calls = [messages.write([tell(ADA, 'late')]), messages.pending(ADA), messages.letter(ADA, 1), purge()];
    const all: Promise<unknown>[] = [...calls, ...loops.map((loop) => collect<unknown>(loop))];
    for (const call of all) await t.rejects(async () => void (await call), closed);
  });
}

function bodies({ messages }: Pending): string[] {
  return messages.map(({ body }) => readable(body));
}

function names({ alarms }: Pending): string[] {
  return alarms.map(({ name }) => name);
}

/** In the order of their numbers, each as often as it is there. */
function noted({ notes }: Pending): number[] {
  return notes.map(({ number }) => number).sort((a, b) => a - b);
}

function numberOf(step: { told: { number: number } } | { alarm: { number: number } } | undefined): number | undefined {
  if (step === undefined) return undefined;
  return 'told' in step ? step.told.number : step.alarm.number;
}

async function lettersOf(messages: Messages, query: Parameters<Messages['letters']>[0]): Promise<string[]> {
  return (await collect(messages.letters(query))).map(({ agentId, letter }) => `${agentId} at ${letter.at}`);
}
