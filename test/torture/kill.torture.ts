import t from 'tap';
import { Random } from '../random.ts';
import { Conversation, LedgerHost, Refused } from './ledger-client.ts';

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const AGENTS = 8;
/** Messages of one client that are under way at a time. */
const DEPTH = 4;

/** Talks until the host is gone, which it is from the given number of acknowledgements on. */
async function converse(host: LedgerHost, conversations: Conversation[], random: Random, killAfter: number) {
  let acknowledged = 0;
  const talk = async (conversation: Conversation) => {
    for (;;) {
      // Mostly short, at times long enough to outgrow the snapshot.
      await conversation.enter(host, random.below(20) === 0 ? random.below(50_000) : random.below(200));
      acknowledged += 1;
      if (acknowledged >= killAfter) host.kill();
    }
  };
  if (killAfter === 0) host.kill();
  const talks = conversations.flatMap((conversation) => Array.from({ length: DEPTH }, () => talk(conversation)));
  const ends = await Promise.allSettled(talks);
  return { acknowledged, unexpected: ends.filter((end) => end.status === 'rejected' && end.reason.code !== 'GONE') };
}

t.test(`${KILLS} kills at any moment lose, double and reorder nothing (SEED=${SEED})`, async (t) => {
  const directory = `${t.testdir()}/data`;
  const random = new Random(SEED);
  const conversations = Array.from({ length: AGENTS }, (_, n) => new Conversation(`ledger/${n}`));
  let current: LedgerHost | undefined;
  t.teardown(() => current?.kill());
  let total = 0;
  for (let kill = 1; kill <= KILLS + 1; kill += 1) {
    const host = new LedgerHost(directory, random.below(2) === 0 ? 'fsync' : 'os');
    current = host;
    // One in eight dies while it opens the store, or soon after.
    const early = kill <= KILLS && random.below(8) === 0;
    if (early) setTimeout(() => host.kill(), random.below(150));
    try {
      if (!(await host.listening())) {
        t.ok(early, `the host opened the store after kill ${kill - 1}, or was killed before`);
        continue;
      }
      const wrong = await Promise.all(conversations.map((conversation) => conversation.compare(host)));
      t.same(wrong.flat(), [], `before kill ${kill}`);
    } catch (error) {
      if (early && error instanceof Refused && error.code === 'GONE') continue;
      throw error;
    }
    const { acknowledged, unexpected } = await converse(host, conversations, random, random.below(400));
    t.same(unexpected, [], `no call was refused before kill ${kill}`);
    total += acknowledged;
    host.kill();
    await host.gone;
  }
  t.ok(total > KILLS * 50, `${total} messages were acknowledged`);
});
