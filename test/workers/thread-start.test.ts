import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import t, { type Test } from 'tap';
import type { Boot, Control, Prepared, ThreadCode } from '../../workers/protocol.ts';
import { Pulse } from '../../workers/pulse.ts';
import { fixture } from '../host.ts';

const SHIPPED = join(import.meta.dirname, '../../dist/workers');
const SCRIPT = join(SHIPPED, 'thread-entry.cjs');

/** Starts a thread with what another has compiled, and has it load an agent of test/fixtures. */
async function prepare(t: Test, compiled: Uint8Array | undefined, agent = 'probe'): Promise<Prepared> {
  const [turns, control] = [new MessageChannel(), new MessageChannel()];
  const boot: Boot = {
    turns: turns.port2,
    control: control.port2,
    pulse: new Pulse().buffer,
  };
  const code: ThreadCode = { source: readFileSync(SCRIPT, 'utf8'), url: pathToFileURL(SCRIPT).href, compiled };
  const transferList = [boot.turns, boot.control];
  const worker = new Worker(join(SHIPPED, 'thread-start.cjs'), {
    workerData: { ...boot, code },
    transferList,
    stderr: true,
  });
  worker.stderr.on('data', (text) => t.fail(String(text)));
  t.teardown(() => worker.terminate());
  return wrap<Control>(nodeEndpoint(control.port1)).prepare(fixture(agent).href, { rehearsed: false });
}

t.test('the first thread hands out what it has compiled, and the next needs nothing of it anew', async (t) => {
  const first = await prepare(t, undefined);
  if (!first.ok || first.compiled === undefined) return t.fail('nothing was handed out');
  const second = await prepare(t, first.compiled);
  t.strictSame(second, { ok: true, compiled: undefined });
});

t.test('an agent that forges what was compiled changes nothing', async (t) => {
  const first = await prepare(t, undefined, 'forger');
  if (!first.ok || first.compiled === undefined) return t.fail('nothing was handed out');
  t.strictSame(await prepare(t, first.compiled), { ok: true, compiled: undefined });
});

t.test('what V8 does not take is compiled again', async (t) => {
  const prepared = await prepare(t, new Uint8Array(1_000));
  t.match(prepared, { ok: true, compiled: Uint8Array });
});
