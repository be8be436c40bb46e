import { Level } from 'level';
import { eventually } from '../eventually.ts';
import type { Ledger } from '../fixtures/ledger.ts';
import { type Client, type LedgerHost, Refused } from './ledger-client.ts';

/**
 * Reads all ledgers without waking anybody, and compares them with their clients' logs, with each other and with what has to
 * be true of each. Returns what is wrong; with `settled`, that something is not processed yet is wrong too.
 */
export async function audit(host: LedgerHost, clients: readonly Client[], settled: boolean): Promise<string[]> {
  const ledgers = new Map<string, Ledger>();
  const wrong: string[] = [];
  for (const agent of new Set(clients.map(({ agent }) => agent))) {
    const info = await host.inspect(agent);
    if (info?.state) ledgers.set(agent, info.state);
    const { waiting = 0, alarms = [] } = info?.inbox ?? {};
    const once = alarms.filter(({ repeats }) => repeats === undefined);
    if (settled && waiting + once.length > 0) {
      wrong.push(`${agent}: ${waiting} messages wait, and ${once.map(({ name }) => name)}`);
    }
  }
  for (const agent of ledgers.keys()) wrong.push(...faults(agent, ledgers, settled));
  for (const client of clients) wrong.push(...client.compare(ledgers.get(client.agent), settled));
  return wrong;
}

/** Waits until all is processed and as it has to be; returns what is not, if it never comes about. */
export async function settle(host: LedgerHost, clients: readonly Client[]): Promise<string[]> {
  let wrong: string[] = [];
  try {
    await eventually('all is processed', async () => {
      wrong = await audit(host, clients, true);
      return wrong.length === 0;
    });
  } catch (error) {
    if (error instanceof Refused) throw error;
  }
  return wrong;
}

/** How many rows a store that nobody holds has of each kind, by the letters of storage/keys.ts. */
export async function countRows(directory: string): Promise<Record<string, number>> {
  const level = new Level<Buffer, Buffer>(directory, { keyEncoding: 'buffer', createIfMissing: false });
  const counts: Record<string, number> = {};
  for await (const key of level.keys()) {
    const letter = key.toString('latin1', 0, 1);
    counts[letter] = (counts[letter] ?? 0) + 1;
  }
  await level.close();
  return counts;
}

/** What a ledger finds wrong with itself; once `settled`, with what it has told others and set for itself too. */
function faults(agent: string, ledgers: ReadonlyMap<string, Ledger>, settled: boolean): string[] {
  const ledger = ledgers.get(agent);
  if (ledger === undefined) return [];
  const { begun, done, rings, slot, passed } = ledger;
  const wrong = ledger.wrong.map((what) => what);
  if (begun !== done) wrong.push(`${begun} entries were begun, ${done} done`);
  if (settled && (rings.upTo !== rings.set || rings.above.length > 0)) {
    wrong.push(`of ${rings.set} alarms have come ${rings.upTo} and ${rings.above}`);
  }
  if (settled && slot.come !== slot.version) wrong.push(`alarm ${slot.come} of ${slot.version} came`);
  for (const [to, count] of Object.entries(passed)) {
    const { last, missing } = ledgers.get(to)?.tellers[agent] ?? { last: 0, missing: [] };
    // Of two ledgers that were read one after the other, either may be the older.
    if (missing.length > 0) wrong.push(`${missing} of those it told ${to} are missing`);
    if (settled && last !== count) wrong.push(`it told ${to} ${count} entries, ${last} came`);
  }
  return wrong.map((what) => `${agent}: ${what}`);
}
