import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** Starts a thread with what another has compiled, and has it load an agent module, or one after a module that is none. */
async function prepare(
  t: Test,
  compiled: Uint8Array | undefined,
  agent = fixture('probe').href,
  before?: string,
): Promise<Prepared> {
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
  const thread = wrap<Control>(nodeEndpoint(control.port1));
  if (before) await thread.prepare(before, { rehearsed: false });
  return thread.prepare(agent, { rehearsed: false });
}

t.test('the first thread hands out what it has compiled, and the next needs nothing of it anew', async (t) => {
  const first = await prepare(t, undefined);
  if (!first.ok || first.compiled === undefined) return t.fail('nothing was handed out');
  const second = await prepare(t, first.compiled);
  t.strictSame(second, { ok: true, compiled: undefined });
});

t.test('an agent that forges what was compiled changes nothing', async (t) => {
  const first = await prepare(t, undefined, fixture('forger').href);
  if (!first.ok || first.compiled === undefined) return t.fail('nothing was handed out');
  t.strictSame(await prepare(t, first.compiled), { ok: true, compiled: undefined });
});

t.test('what V8 does not take is compiled again', async (t) => {
  const prepared = await prepare(t, new Uint8Array(1_000));
  t.match(prepared, { ok: true, compiled: Uint8Array });
});

t.test('the first drowse/agent is at hand, all else is looked up where Node does', async (t) => {
  // In a folder from where no drowse is found.
  const folder = mkdtempSync(join(tmpdir(), 'drowse-outside-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const definition = 'defineAgent({ initialState: () => 0, receive() {} })';
  const files = {
    'module.mjs': `import { createRequire } from 'node:module';
      import './beside.cjs';
      import { defineAgent } from 'drowse/agent';
      export default ${definition};
      const codes = [];
      await import('./behind.mjs').catch(({ code }) => codes.push(code));
      try { createRequire(import.meta.url)('drowse/agent'); } catch ({ code }) { codes.push(code); }
      if (String(codes) !== 'ERR_MODULE_NOT_FOUND,MODULE_NOT_FOUND') throw new Error(codes);`,
    'beside.cjs': `require('fs'); require('./data.json');`,
    'data.json': '{}',
    'behind.mjs': `import 'drowse/agent';`,
    'common.cjs': `const { defineAgent } = require('drowse/agent'); module.exports = ${definition};`,
    'lacking.mjs': `import 'drowse/tools'; export default {};`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const url = (name: string) => pathToFileURL(join(folder, name)).href;
  const load = (name: string) => prepare(t, undefined, url(name));
  t.match(await load('module.mjs'), { ok: true });
  t.match(await load('common.cjs'), { ok: true });
  const late = await prepare(t, undefined, url('common.cjs'), url('lacking.mjs'));
  t.match(late, { ok: false, fault: { message: /Cannot find module 'drowse\/agent'/ } });
  t.match(await load('lacking.mjs'), { ok: false, fault: { message: /Cannot find package 'drowse'/ } });
});
