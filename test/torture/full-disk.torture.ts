import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { settle } from './kill-audit.ts';
import { Client, type How, LedgerHost, Refused } from './ledger-client.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const BYTES = 20_000;
const HOWS: How[] = ['send', 'keyed send', 'tell', 'keyed tell'];
const WRITERS = ['ledger/0', 'ledger/1', 'ledger/2'];
const CALM = ['ledger/calm-0', 'ledger/calm-1'];

/** A disk of 32 MB, gone when the test ends; says why there can be none. */
function mountDisk(t: Test): { directory: string } | { impossible: string } {
  // Not the test's own folder, which tap removes before its teardowns run.
  const directory = mkdtempSync(join(tmpdir(), 'drowse-disk-'));
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', directory], { stdio: 'pipe' });
  } catch (error) {
    rmdirSync(directory);
    return { impossible: `a tmpfs cannot be mounted: ${(error as Error).message}` };
  }
  t.teardown(() => {
    execFileSync('/bin/umount', ['-l', directory]);
    rmdirSync(directory);
  });
  return { directory };
}

/** Takes all that is free. */
function fill(ballast: string): void {
  const block = Buffer.alloc(64 * 1024);
  try {
    for (;;) appendFileSync(ballast, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** The code a call was refused with; undefined where it was not. */
async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

t.test('a full disk is told to those whose writes it stops, and loses nothing that was acknowledged', async (t) => {
  const disk = mountDisk(t);
  if ('impossible' in disk) return t.pass('a full disk', { skip: disk.impossible });
  const data = `${disk.directory}/data`;
  const ballast = `${disk.directory}/ballast`;
  mkdirSync(data);
  const writers = WRITERS.flatMap((agent) => HOWS.map((how) => new Client(agent, how.replace(' ', '-'), how)));
  const calm = CALM.map((agent) => new Client(agent, 'calm', 'send'));
  const clients = [...writers, ...calm];
  // Awake all the time, unless the disk makes them start again.
  const options = { durability: 'fsync', idleMs: 3_600_000 } as const;
  let host = new LedgerHost(data, options);
  t.teardown(() => {
    host.kill();
    for (const client of clients) client.close();
  });
  const enter = async (client: Client) => {
    const pass = [WRITERS[client.sent % WRITERS.length]];
    await client.enter(host, { bytes: BYTES, ...(client.sent % 3 === 0 && { pass }), ring: client.sent % 50 });
  };
  const enterAll = async () => {
    for (let n = 0; n < 10; n += 1) await Promise.all(writers.map(enter));
  };
  const epochs = () => Promise.all(CALM.map(async (agent) => (await host.inspect(agent))?.awake?.epoch));

  for (let round = 1; round <= ROUNDS; round += 1) {
    await enterAll();
    for (const client of calm) await client.enter(host, {});
    const before = await epochs();

    const codes = await Promise.all(
      writers.map(async (client) => {
        fill(ballast);
        for (;;) {
          const code = await refusal(enter(client));
          if (code !== undefined) return code;
        }
      }),
    );
    t.same(codes, Array(writers.length).fill('ERR_DROWSE_STORE_FAILED'), `round ${round}: each was told`);
    t.equal(statfsSync(disk.directory).bavail < 64, true, 'the disk is full');

    rmSync(ballast);
    const [asked] = writers.filter(({ keyed }) => keyed);
    const isBack = async (client: Client | undefined) => {
      const code = client && (await refusal(client.settle(host)));
      if (code !== undefined) t.equal(code, 'ERR_DROWSE_STORE_FAILED');
      return code === undefined;
    };
    await eventually('the store is back', () => isBack(asked));
    const calmCodes = await Promise.all(calm.map((client) => refusal(client.enter(host, {}))));
    t.same(calmCodes, [undefined, undefined], 'agents that had nothing unconfirmed go on without an error');
    t.same(await epochs(), before, 'and without a new start');
    for (const client of writers) await eventually('what was in doubt is settled', () => isBack(client));
    t.same(
      await settle(host, clients),
      [],
      `round ${round}: once there is room again, all that was acknowledged is there`,
    );
    await enterAll();

    host.kill();
    await host.gone;
    host = new LedgerHost(data, options);
    t.same(await settle(host, clients), [], `round ${round}: and nothing is missing after a kill`);
  }
  t.same(await host.deadLetters(), [], 'no message was given up');
});
