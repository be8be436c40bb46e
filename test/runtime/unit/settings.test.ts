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
