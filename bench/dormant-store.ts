import { randomBytes } from 'node:crypto';
import { systemClock } from '../core/clock.ts';
import { encode } from '../core/codec.ts';
import { Claim, type Claims } from '../storage/claim.ts';
import { commitsOf } from '../storage/commits.ts';
import { Database } from '../storage/database.ts';
import { LevelJournal } from '../storage/level-journal.ts';
import { Sweeper } from '../storage/sweeper.ts';
import { perSecond } from './load.ts';
import { progress } from './progress.ts';

/** Agents that are made at the same time: their writes share batches. */
const IN_FLIGHT = 1_000;

/** Of its one message, in characters that compress to half of them. */
const TEXT_BYTES = 200;
/** Where the journal of an agent starts that does not exist. */
const NEW = { sequence: 0, generation: 0, head: undefined };

/** What each dormant agent is called. */
export function dormantId(n: number): string {
  return `conversation/${n}`;
}

/**
 * Makes a store of conversations as their first message leaves them. Only their journals are written, as by a
 * supervisor: to wake a million agents would take hours, and to look for each in the store first takes minutes.
 */
export async function fillStore(directory: string, count: number): Promise<void> {
  const database = await Database.open(directory, 'os');
  const commits = commitsOf(database);
  const path = { database, commits, sweeper: new Sweeper(database, commits), clock: systemClock };
  const claims: Claims = new Map();
  await perSecond(count, IN_FLIGHT, async (n) => {
    if (n % 10_000 === 0) progress(`making ${count} agents: ${n}`);
    const journal = new LevelJournal(path, new Claim(claims, dormantId(n)), NEW);
    await journal.snapshot(1, conversation());
    journal.close();
  });
  await commits.close();
  await database.close();
}

/** The snapshot of a conversation of one message. */
function conversation(): Uint8Array {
  const text = randomBytes(TEXT_BYTES / 2).toString('hex');
  return encode({ version: 1, state: { messages: [text], amended: 0 } }, 'state');
}
