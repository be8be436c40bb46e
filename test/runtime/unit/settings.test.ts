import { totalmem } from 'node:os';
import t, { type Test } from 'tap';
import { MemoryStore, type SupervisorOptions } from '../../../runtime/index.ts';
import { checkDrain, checkIdleTimeout, checkPatience, resolveSettings } from '../../../runtime/settings.ts';

const agents = { a: 'a.ts' };
const resolve = (options: object) => resolveSettings({ directory: 'd', agents, ...options } as SupervisorOptions);
const DAY = 24 * 3_600_000;

/** The options must be refused with a text that names the one that is wrong. */
function refused(t: Test, options: object, named: string): void {
  const error = { code: 'ERR_DROWSE_INVALID_OPTIONS' };
  t.throws(() => resolve(options), error, named);
  try {
    resolve(options);
  } catch (thrown) {
    const { message } = thrown as Error;
    t.ok(message.startsWith(`Invalid options: ${named}`), message);
  }
}

t.test('everything has a default, and the result is frozen', async (t) => {
  const settings = resolve({});
  t.match(settings, {
    idleTimeoutMs: 30 * 60_000,
    sweepIntervalMs: 5 * 60_000,
    heartbeatIntervalMs: 5_000,
    sendTimeoutMs: 5 * 60_000,
    abortGraceMs: 5_000,
    mailboxLimit: 1_000,
    maxMessageMb: 16,
    maxMessageBytes: 16 * 2 ** 20,
    maxStateMb: 256,
    maxStateBytes: 256 * 2 ** 20,
    durability: 'fsync',
  });
  t.strictSame(settings.backoffMs, [100, 30_000]);
  t.ok(Object.isFrozen(settings));
  settings.log.error({}, 'goes nowhere');
});

t.test('what is given is taken', async (t) => {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const given = { idleTimeoutMs: 7, abortGraceMs: 0, maxMessageMb: 0.5, durability: 'os', log };
  const settings = resolve({ ...given, restarts: { backoffMs: [1, 2] } });
  t.match(settings, { ...given, backoffMs: [1, 2], maxMessageBytes: 2 ** 19 });
  t.equal(settings.log, log);
  t.equal(resolve({ idleTimeoutMs: undefined }).idleTimeoutMs, 30 * 60_000, 'undefined stands for the default');
});

const RANGES: Record<string, [min: number, max: number]> = {
  idleTimeoutMs: [1, 365 * DAY],
  sweepIntervalMs: [1, 2 ** 31 - 1],
  heartbeatIntervalMs: [10, 3_600_000],
  sendTimeoutMs: [1, 365 * DAY],
  abortGraceMs: [0, 3_600_000],
  mailboxLimit: [1, 1_000_000],
  maxMessageMb: [0.001, 1_024],
  maxStateMb: [0.001, 1_024],
};

for (const [name, [min, max]] of Object.entries(RANGES)) {
  t.test(`${name} is a number from ${min} to ${max}, and refused by name otherwise`, async (t) => {
    for (const value of [min, max]) t.match(resolve({ [name]: value }), { [name]: value });
    const beyond = [min - 0.0001, max + 0.001, -1, Number.NaN, Number.POSITIVE_INFINITY];
    for (const value of [...beyond, '5', true, {}, 5n, Symbol('s')]) refused(t, { [name]: value }, name);
  });
}

t.test('what is counted is a whole number', async (t) => {
  for (const name of ['mailboxLimit', 'maxActive', 'maxAttempts', 'idempotencyLimit'])
    refused(t, { [name]: 2.5 }, name);
  refused(t, { restarts: { limit: 2.5 } }, 'restarts.limit');
});

t.test('an option that does not exist is refused by name', async (t) => {
  refused(t, { idleTimeout: 5 }, 'idleTimeout');
  refused(t, { restarts: { backoff: 5 } }, 'restarts.backoff');
  t.throws(() => resolve({ nope: 1 }), { message: /nope is not an option; there are .*idleTimeoutMs.*directory/ });
});

t.test('a directory or a store must be given, and not both', async (t) => {
  const store = new MemoryStore();
  t.ok(resolveSettings({ store, agents }));
  refused(t, { store }, 'directory');
  refused(t, { directory: undefined }, 'directory');
  for (const directory of ['', 5, null]) refused(t, { directory }, 'directory');
});

t.test('a durability there is none of is refused', async (t) => {
  for (const durability of ['none', '', 5, null]) refused(t, { durability }, 'durability');
});

t.test('the delays between restarts must be two, in order', async (t) => {
  t.strictSame(resolve({ restarts: { backoffMs: [0, 0] } }).backoffMs, [0, 0]);
  t.strictSame(resolve({ restarts: {} }).backoffMs, [100, 30_000]);
  for (const backoffMs of [5, [1], [1, 2, 3], 'ab', {}]) refused(t, { restarts: { backoffMs } }, 'restarts.backoffMs');
  for (const first of [-1, '1', Number.NaN]) {
    refused(t, { restarts: { backoffMs: [first, 5] } }, 'restarts.backoffMs[0]');
  }
  for (const last of [4, 2 ** 31, undefined])
    refused(t, { restarts: { backoffMs: [5, last] } }, 'restarts.backoffMs[1]');
});

t.test('restarts that are no object are refused by name', async (t) => {
  for (const restarts of [null, 5, 'fast']) refused(t, { restarts }, 'restarts');
});

t.test('options that are no object are refused', async (t) => {
  for (const options of [undefined, null, 'directory', 5]) {
    t.throws(() => resolveSettings(options as never), { code: 'ERR_DROWSE_INVALID_OPTIONS' });
  }
});

t.test('the timeouts given elsewhere are held to the same ranges', async (t) => {
  t.equal(checkIdleTimeout('agents.a.idleTimeoutMs', 5), 5);
  t.throws(() => checkIdleTimeout('agents.a.idleTimeoutMs', 0), { message: /agents\.a\.idleTimeoutMs must be/ });
  t.doesNotThrow(() => checkPatience(AbortSignal.abort(), 5));
  t.throws(() => checkPatience(undefined, Number.NaN), { message: /timeoutMs must be .* not NaN/ });
  t.throws(() => checkPatience({}, 5), { message: /signal must be an AbortSignal/ });
  t.equal(checkDrain(0), 0);
  t.throws(() => checkDrain(-5), { message: /drainMs must be .* not -5/ });
});

t.test('a memory budget is a limit, and a target below it', async (t) => {
  const budget = (memoryBudgetMb: unknown) => resolve({ memoryBudgetMb }).memoryBudget;
  t.strictSame(budget(1_000), { limitBytes: 1_000 * 2 ** 20, targetBytes: 900 * 2 ** 20 });
  t.strictSame(budget({ limit: 1_000, target: 500 }), { limitBytes: 1_000 * 2 ** 20, targetBytes: 500 * 2 ** 20 });
  const { limitBytes, targetBytes } = budget(undefined);
  t.ok(limitBytes < totalmem() && targetBytes < limitBytes, 'by default, of what there is');
  for (const wrong of [0, '1 GB', true, { limit: 0 }, {}]) refused(t, { memoryBudgetMb: wrong }, 'memoryBudgetMb');
  refused(t, { memoryBudgetMb: { limit: 100, target: 101 } }, 'memoryBudgetMb.target');
  refused(t, { memoryBudgetMb: { limit: 100, goal: 1 } }, 'memoryBudgetMb.goal');
});

t.test('spares are a number, or bounds', async (t) => {
  const spares = (spares: unknown) => resolve({ spares }).spares;
  t.strictSame(spares(undefined), { min: 0, max: 4 });
  t.strictSame(spares(2), { min: 2, max: 2 });
  t.strictSame(spares({ min: 6 }), { min: 6, max: 6 });
  t.strictSame(spares({ max: 9 }), { min: 0, max: 9 });
  for (const wrong of [-1, 'two', 1_001, 1.5]) refused(t, { spares: wrong }, 'spares');
  refused(t, { spares: { min: 3, max: 2 } }, 'spares.max');
  refused(t, { spares: { least: 3 } }, 'spares.least');
});

t.test('maxActive follows what the system lets threads have mapped', async (t) => {
  t.ok(resolve({}).maxActive >= 1);
  t.equal(resolve({ maxActive: 5 }).maxActive, 5);
  refused(t, { maxActive: 0 }, 'maxActive');
});
