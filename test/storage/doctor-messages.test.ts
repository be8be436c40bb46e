import t, { type Test } from 'tap';
import { sealNumber } from '../../storage/envelope.ts';
import { alarmIndexKey, headKey, NEXT_KEY, namedKey, notesKey, numberedKey, purgeKey } from '../../storage/keys.ts';
import type { Pending } from '../../storage/messages.ts';
import { create, text } from './contract.ts';
import { examine, put, remove, reopen, repairingAgainFindsNothing } from './examine.ts';
import { flip, keysOf, levelStore, onDisk } from './level-disk.ts';
import { collect, note, readable, stepsFor } from './steps.ts';

const ADA = 'chat/ada';
const BOB = 'chat/bob';

/** A closed store in which bob, who has a state, and eve, who has none, both have one of each row, numbered alike. */
async function closedStore(t: Test): Promise<string> {
  const { directory, store } = await levelStore(t);
  await create(store, ADA, 'born', 'two');
  await create(store, BOB, 'born', 'two');
  const { tell, alarm, answer, bury } = stepsFor(store.messages);
  for (const id of [BOB, 'chat/eve']) {
    await store.messages.write([tell(id, 'first'), tell(id, 'second'), alarm(id, 'daily', 5), answer(id, 'key')]);
    await store.messages.write([bury(id), note(id, numberOf(id, 1)), note(id, numberOf(id, 3))]);
  }
  await store.close();
  return directory;
}

/** The n-th number that {@link closedStore} gave out for an agent: messages, alarm, answer, letter. */
function numberOf(agentId: string, nth: number): number {
  return agentId === BOB ? nth : nth + 5;
}

const KEYS = {
  message: numberedKey('inbox', BOB, 1),
  notes: notesKey(BOB, 1),
  'notes on an alarm': notesKey(BOB, 3),
  alarm: namedKey('alarms', BOB, 'daily'),
  index: alarmIndexKey(5, BOB, 'daily'),
  answer: namedKey('answers', BOB, 'key'),
  order: numberedKey('order', BOB, 4),
  letter: numberedKey('letters', BOB, 5),
};

interface Left {
  readonly messages: number;
  readonly notes: number;
  readonly alarms: number;
  readonly answers: number;
  readonly letters: number;
}
const ALL: Left = { messages: 2, notes: 2, alarms: 1, answers: 1, letters: 1 };

const FLIPS: { what: keyof typeof KEYS; says: RegExp; lost: Partial<Left>; aside: number }[] = [
  { what: 'message', says: /^its message 1 is missing or fails its checksum$/, lost: { messages: 1 }, aside: 1 },
  { what: 'notes', says: /^its notes on message 1 /, lost: { notes: 1 }, aside: 1 },
  { what: 'notes on an alarm', says: /^its notes on message 3 /, lost: { notes: 1 }, aside: 1 },
  { what: 'alarm', says: /^its alarm "daily" /, lost: { alarms: 1 }, aside: 2 },
  { what: 'index', says: /^its alarm "daily" has a wrong entry in the index/, lost: {}, aside: 0 },
  { what: 'answer', says: /^its answer under the key "key" /, lost: { answers: 1 }, aside: 2 },
  { what: 'order', says: /^its entry for answer 4 in the order of answers /, lost: {}, aside: 1 },
  { what: 'letter', says: /^its dead letter 5 /, lost: { letters: 1 }, aside: 1 },
];

t.test('agents with messages are healthy, whether they have a state or not', async (t) => {
  t.match(await examine(await closedStore(t), true), { agents: 2, findings: 0, left: 0, aside: 0 });
});

for (const { what, says, lost, aside } of FLIPS) {
  t.test(`a flipped bit in a row of messages (${what}) is found, confined, and repaired`, async (t) => {
    const directory = await closedStore(t);
    await flip(directory, KEYS[what]);
    const { found } = await examine(directory);
    t.match(found, [{ agentId: BOB, lastGood: 2, lost: undefined, repaired: false, remedy: /^with --repair, / }]);
    t.match(found[0]?.damage, [says]);
    t.equal(found[0]?.damage.length, 1);
    const repaired = await examine(directory, true);
    t.match(repaired, { agents: 2, findings: 1, left: 0, aside, found: [{ agentId: BOB, repaired: true }] });
    await repairingAgainFindsNothing(t, directory);
    await isLeft(t, directory, lost);
  });
}

t.test('rows that refer to others which are not there', async (t) => {
  const cases = [
    {
      gone: KEYS.alarm,
      says: /^its alarm "daily" is missing, though .* 1970-01-01T00:00:00.005Z/,
      lost: { alarms: 1 },
    },
    { gone: KEYS.index, says: /^its alarm "daily" is missing from the index of alarms/, lost: {} },
    { gone: KEYS.answer, says: /^its answer under the key "key" is missing/, lost: { answers: 1 } },
    { gone: KEYS.order, says: /^its answer under the key "key" is missing from the order/, lost: {} },
  ];
  for (const { gone, says, lost } of cases) {
    t.test(`${says}`, async (t) => {
      const directory = await closedStore(t);
      await remove(directory, gone);
      const { found } = await examine(directory);
      t.match(found, [{ agentId: BOB, repaired: false }]);
      t.match(found[0]?.damage, [says]);
      t.match(await examine(directory, true), { agents: 2, findings: 1, left: 0 });
      await repairingAgainFindsNothing(t, directory);
      await isLeft(t, directory, lost);
    });
  }
});

t.test('an entry of the index at a time its alarm is not due is moved aside', async (t) => {
  const directory = await closedStore(t);
  await put(alarmIndexKey(4, BOB, 'daily'), sealNumber(3))(directory);
  t.match((await examine(directory, true)).found, [{ agentId: BOB, damage: [/^its alarm "daily" is not due when/] }]);
  await repairingAgainFindsNothing(t, directory);
  await isLeft(t, directory, {});
});

t.test('a row in the place of another is found', async (t) => {
  const directory = await closedStore(t);
  await onDisk(directory, async (disk) => {
    for (const [from, to] of [
      [KEYS.message, numberedKey('inbox', BOB, 2)],
      [KEYS.alarm, namedKey('alarms', BOB, 'weekly')],
      [KEYS.answer, namedKey('answers', BOB, 'other')],
      [KEYS.order, numberedKey('order', BOB, 5)],
    ] as const) {
      await disk.put(to, (await disk.get(from)) as Buffer);
    }
    await disk.put(Buffer.from(`x${BOB}\0short`), sealNumber(1));
  });
  const { found } = await examine(directory, true);
  t.match(found[0]?.damage.toSorted(), [
    /alarm "weekly" cannot be read/,
    /answer under the key "other" cannot be read/,
    /entry for answer 5 .* is that of number 4/,
    /message 2 is that of number 1/,
    /row "xchat\/bob.*short" is of no kind/,
  ]);
  await repairingAgainFindsNothing(t, directory);
  await isLeft(t, directory, { messages: 1 });
});

t.test('what was deleted and is not swept yet is no damage', async (t) => {
  const directory = await closedStore(t);
  for (const key of Object.values(KEYS)) await flip(directory, key);
  await put(purgeKey(BOB), sealNumber(6))(directory);
  t.match(await examine(directory, true), { agents: 2, findings: 0, aside: 0 });
});

t.test('a damaged mark of what was deleted is moved aside', async (t) => {
  const directory = await closedStore(t);
  await put(purgeKey(BOB), sealNumber(2))(directory);
  await flip(directory, purgeKey(BOB));
  t.match((await examine(directory, true)).found, [{ agentId: BOB, damage: [/^its mark of what was deleted/] }]);
  await repairingAgainFindsNothing(t, directory);
  await isLeft(t, directory, {});
});

t.test('an agent that is moved aside whole leaves its messages to a namesake', async (t) => {
  const directory = await closedStore(t);
  await flip(directory, headKey(BOB));
  await flip(directory, KEYS.message);
  t.match(await examine(directory, true), { agents: 1, findings: 1, left: 0 });
  await repairingAgainFindsNothing(t, directory);
  await isLeft(t, directory, { messages: 1 });
});

t.test('a count of messages that is damaged, missing or too low is set above all there are', async (t) => {
  const damages = [
    (directory: string) => flip(directory, NEXT_KEY),
    (directory: string) => remove(directory, NEXT_KEY),
    put(NEXT_KEY, sealNumber(10)),
  ];
  for (const damage of damages) {
    const directory = await closedStore(t);
    await damage(directory);
    t.match((await examine(directory)).found, [{ damage: [/^the count of messages/], repaired: false }]);
    t.match(await examine(directory, true), { agents: 2, findings: 1, left: 0 });
    await repairingAgainFindsNothing(t, directory);
    const store = await reopen(t, directory);
    t.ok(store.messages.nextNumber() > 10);
    await store.close();
  }
});

t.test('keys between those of the known kinds are found', async (t) => {
  const directory = await closedStore(t);
  const unknown = ['A', 'b', 'c', 'dno NUL', 'i', 'k\0', 'lshort', 'm other', 'ono NUL', 'p', 'v', 'w', 'x', 'y', '~'];
  await onDisk(directory, async (disk) => {
    for (const key of unknown) await disk.put(Buffer.from(key), Buffer.from('?'));
  });
  const { found } = await examine(directory);
  const keys = found.map(({ damage: [said] }) => JSON.parse(said?.match(/"(.*)"/)?.[0] as string));
  t.same(new Set(keys), new Set(unknown));
});

/** Of bob all is left but this; of everybody else, all. */
async function isLeft(t: Test, directory: string, lost: Partial<Left>): Promise<void> {
  const store = await reopen(t, directory);
  t.same(text(await store.read(ADA)), { snapshot: 'born', records: ['two'], sequence: 2 });
  for (const id of [BOB, 'chat/eve']) {
    const { pending } = await store.open(id);
    const letters = (await collect(store.messages.letters())).filter(({ agentId }) => agentId === id);
    const answer = store.messages.answer(id, 'key');
    const left = { ...counts(pending), answers: answer ? 1 : 0, letters: letters.length };
    const gone = id === BOB ? lost : {};
    t.same(
      left,
      Object.fromEntries(Object.entries(ALL).map(([what, n]) => [what, n - (gone[what as keyof Left] ?? 0)])),
    );
    if (answer) t.equal(readable(answer.reply), 'reply');
    const due = (await collect(store.messages.due(0, 9))).filter(({ agentId }) => agentId === id);
    t.same(due, gone.alarms ? [] : [{ at: 5, agentId: id, name: 'daily' }]);
  }
  await store.messages.purge({ answers: Date.now(), perAgent: 0, letters: 0 });
  await store.close();
  t.same([...(await keysOf(directory, 'k')), ...(await keysOf(directory, 'o'))], [], 'all answers are in their order');
}

function counts({ messages, notes, alarms }: Pending) {
  return { messages: messages.length, notes: notes.length, alarms: alarms.length };
}
