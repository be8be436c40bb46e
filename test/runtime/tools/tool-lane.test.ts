import { Piscina } from 'piscina';
import t, { type Test } from 'tap';
import { pack } from '../../../core/codec.ts';
import type { HeapGuard, HeapWatch } from '../../../runtime/isolates/heap-guard.ts';
import { Output } from '../../../runtime/output.ts';
import { ToolCall } from '../../../runtime/tools/tool-call.ts';
import { ToolLane } from '../../../runtime/tools/tool-lane.ts';
import { eventually } from '../../eventually.ts';
import { toolServices } from './open-tools.ts';

function openLane(t: Test, idleTimeoutMs: number, env: Record<string, string> = {}) {
  const services = toolServices();
  const tools = { ...services.tools, env };
  const { settings, timers } = services;
  const output = new Output({}, settings.log, settings.clock);
  const seen = { heated: 0 };
  const watch = { bytes: 0, heat: () => (seen.heated += 1), stop() {} } as unknown as HeapWatch;
  const heaps = { watch: () => watch } as unknown as HeapGuard;
  const lane = new ToolLane(
    { ...services, tools, heaps, output, Piscina },
    { calls: 'CPU-bound', threads: 1, callsPerThread: 1, idleTimeoutMs },
  );
  t.teardown(async () => {
    await lane.close(new Error('closed'));
    timers.clear();
  });
  const call = async (value: unknown) => {
    const { signal } = new AbortController();
    const made = new ToolCall('compute', pack([value], 'arguments'), { agentId: 'test/a', signal });
    lane.take(made);
    await made.reply;
  };
  return { lane, seen, call };
}

t.test('a thread that has had no call for its idle time ends, and the next call gets another', async (t) => {
  const { lane, call } = openLane(t, 20);
  for (let round = 1; round <= 2; round += 1) {
    await call(round);
    await eventually('its thread has ended', () => [...lane.threads].length === 0);
  }
});

t.test('where the system gives no thread the call fails, and the next finds one', async (t) => {
  const env: Record<string, string> = { NODE_OPTIONS: '--no-such-flag' };
  const { lane, call } = openLane(t, 60_000, env);
  await t.rejects(call(1), { code: 'ERR_DROWSE_TOOL_FAILED', message: /NODE_OPTIONS/ });
  delete env.NODE_OPTIONS;
  await call(2);
  t.equal([...lane.threads].length, 1);
});

t.test('a thread that has been quiet is watched closely again with its next call', async (t) => {
  const { seen, call } = openLane(t, 60_000);
  await call(1);
  t.equal(seen.heated, 0);
  await call(2);
  t.equal(seen.heated, 1);
});
