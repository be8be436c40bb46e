import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { Conversation, LedgerHost, Refused } from './ledger-client.ts';

const ROUNDS = 3;
const BYTES = 20_000;

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

/** Runs a call; resolves with the code it was refused with, or with what it came to. */
async function refusal<T>(call: Promise<T>): Promise<{ code: string } | { value: T }> {
  try {
    return { value: await call };
  } catch (error) {
    if (error instanceof Refused) return { code: error.code };
    throw error;
  }
}

t.test('a full disk is told to those whose writes it stops, and loses nothing that was acknowledged', async (t) => {
  const disk = mountDisk(t);
  if ('impossible' in disk) return t.pass('a full disk', { skip: disk.impossible });
  const data = `${disk.directory}/data`;
  const ballast = `${disk.directory}/ballast`;
  mkdirSync(data);
  const conversations = Array.from({ length: 4 }, (_, n) => new Conversation(`ledger/${n}`));
  let host = new LedgerHost(data, 'fsync');
  t.teardown(() => host.kill());
  t.ok(await host.listening());
  const compare = async () => (await Promise.all(conversations.map((one) => one.compare(host)))).flat();

  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let n = 0; n < 20; n += 1) await Promise.all(conversations.map((one) => one.enter(host, BYTES)));
    const codes = await Promise.all(
      conversations.map(async (one) => {
        fill(ballast);
        for (;;) {
          const outcome = await refusal(one.enter(host, BYTES));
          if ('code' in outcome) return outcome.code;
        }
      }),
    );
    t.same(codes, Array(4).fill('ERR_DROWSE_STORE_FAILED'), `round ${round}: each was told`);
    t.equal(statfsSync(disk.directory).bavail < 64, true, 'the disk is full');
    rmSync(ballast);
    const wrong = await eventually('the store is back', async () => {
      const outcome = await refusal(compare());
      if ('code' in outcome) t.equal(outcome.code, 'ERR_DROWSE_STORE_FAILED');
      return 'value' in outcome && outcome.value;
    });
    t.same(wrong, [], `round ${round}: once there is room again, all that was acknowledged is there`);
    for (let n = 0; n < 20; n += 1) await Promise.all(conversations.map((one) => one.enter(host, BYTES)));

    host.kill();
    await host.gone;
    host = new LedgerHost(data, 'fsync');
    t.ok(await host.listening(), 'it opens again after a kill');
    t.same(await compare(), [], `round ${round}: and nothing is missing`);
  }
});
