import { type Clock, MAX_TIMER_MS, systemClock } from '../core/clock.ts';
import { DrowseError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { memoryLimit } from '../core/memory-limit.ts';
import { threadsMapped } from '../core/memory-maps.ts';
import type { Durability } from '../storage/store.ts';
import type { RestartLimits } from './lifecycle/restart-budget.ts';
import type { MemoryLimits } from './memory/memory-budget.ts';
import type { SupervisorOptions } from './options.ts';
import type { SpareBounds } from './policies.ts';

const MIB = 1024 * 1024;

interface Range {
  readonly min: number;
  readonly max: number;
  /** Default false. */
  readonly whole?: boolean;
}

/** Every number an option can be: its default, and the range it must lie in. */
const NUMBERS = {
  idleTimeoutMs: { default: 30 * 60_000, min: 1, max: 365 * 24 * 3_600_000 },
  sweepIntervalMs: { default: 5 * 60_000, min: 1, max: MAX_TIMER_MS },
  heartbeatIntervalMs: { default: 5_000, min: 10, max: 3_600_000 },
  hangTimeoutMs: { default: 30_000, min: 10, max: MAX_TIMER_MS },
  startTimeoutMs: { default: 60_000, min: 1, max: MAX_TIMER_MS },
  sendTimeoutMs: { default: 5 * 60_000, min: 1, max: 365 * 24 * 3_600_000 },
  turnTimeoutMs: { default: 15 * 60_000, min: 1, max: 365 * 24 * 3_600_000 },
  storeStallMs: { default: 30_000, min: 10, max: MAX_TIMER_MS },
  abortGraceMs: { default: 5_000, min: 0, max: 3_600_000 },
  mailboxLimit: { default: 1_000, min: 1, max: 1_000_000, whole: true },
  maxActive: { default: threadsMapped(), min: 1, max: 1_000_000, whole: true },
  mailboxTotalMb: { default: 256, min: 1, max: 1_024 * 1_024 },
  maxHeapMb: { default: 128, min: 16, max: 64 * 1_024 },
  maxMessageMb: { default: 16, min: 0.001, max: 1_024 },
  maxStateMb: { default: 256, min: 0.001, max: 1_024 },
  maxAttempts: { default: 3, min: 1, max: 1_000, whole: true },
  idempotencyRetentionMs: { default: 24 * 3_600_000, min: 1, max: 365 * 24 * 3_600_000 },
  idempotencyLimit: { default: 1_000, min: 1, max: 1_000_000, whole: true },
  deadLetterRetentionMs: { default: 7 * 24 * 3_600_000, min: 1, max: 10 * 365 * 24 * 3_600_000 },
} as const;

type NumberOption = keyof typeof NUMBERS;

/** Of each type. */
const MAX_SPARES = 1_000;
const OTHERS = [
  'directory',
  'store',
  'agents',
  'tools',
  'shared',
  'restarts',
  'spares',
  'memoryBudgetMb',
  'durability',
  'log',
  'clock',
];
const MAX_KEY_BYTES = 512;

/** {@link SupervisorOptions} with every default filled in, checked and frozen. */
export interface Settings extends Readonly<Record<NumberOption, number>> {
  readonly restarts: RestartLimits;
  readonly backoffMs: readonly [first: number, last: number];
  readonly spares: SpareBounds;
  readonly memoryBudget: MemoryLimits;
  readonly durability: Durability;
  readonly maxHeapBytes: number;
  readonly maxMessageBytes: number;
  readonly maxStateBytes: number;
  /** The largest frame of a turn: a state, a reply, what is told, and what surrounds them. */
  readonly maxFrameBytes: number;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Throws `ERR_DROWSE_INVALID_OPTIONS` naming the first option that is unknown, missing or out of range. */
export function resolveSettings(options: SupervisorOptions): Settings {
  if (typeof options !== 'object' || options === null) throw invalid('options must be an object');
  mustBeKnown(options, [...Object.keys(NUMBERS), ...OTHERS], '');
  if ((options.directory === undefined) === (options.store === undefined)) {
    throw invalid('directory must be given, or a store in its place');
  }
  if (options.directory !== undefined && (typeof options.directory !== 'string' || options.directory === '')) {
    throw invalid('directory must be a path');
  }
  const numbers = {} as Record<NumberOption, number>;
  for (const name of Object.keys(NUMBERS) as NumberOption[]) {
    numbers[name] = mustBeInRange(name, options[name] ?? NUMBERS[name].default, NUMBERS[name]);
  }
  const { durability = 'fsync', restarts = {}, log = SILENT, clock = systemClock } = options;
  if (durability !== 'fsync' && durability !== 'os') {
    throw invalid(`durability must be 'fsync' or 'os', not ${show(durability)}`);
  }
  if (typeof restarts !== 'object' || restarts === null)
    throw invalid(`restarts must be an object, not ${show(restarts)}`);
  mustBeKnown(restarts, ['limit', 'windowMs', 'backoffMs'], 'restarts.');
  return Object.freeze({
    ...numbers,
    restarts: {
      limit: mustBeInRange('restarts.limit', restarts.limit ?? 5, { min: 0, max: 1_000_000, whole: true }),
      windowMs: mustBeInRange('restarts.windowMs', restarts.windowMs ?? 60_000, { min: 1, max: 24 * 3_600_000 }),
    },
    backoffMs: backoff(restarts.backoffMs ?? [100, 30_000]),
    spares: spareBounds(options.spares ?? {}),
    memoryBudget: memoryBudget(options.memoryBudgetMb),
    durability,
    maxHeapBytes: Math.floor(numbers.maxHeapMb * MIB),
    maxMessageBytes: Math.floor(numbers.maxMessageMb * MIB),
    maxStateBytes: Math.floor(numbers.maxStateMb * MIB),
    maxFrameBytes: Math.floor((numbers.maxStateMb + 2 * numbers.maxMessageMb + 16) * MIB),
    log,
    clock,
  });
}

/** Checks an `idleTimeoutMs` wherever it stands. */
export function checkIdleTimeout(name: string, value: number): number {
  return mustBeInRange(name, value, NUMBERS.idleTimeoutMs);
}

/** Checks a `maxHeapMb` wherever it stands; in bytes. */
export function checkMaxHeap(name: string, value: number): number {
  return Math.floor(mustBeInRange(name, value, NUMBERS.maxHeapMb) * MIB);
}

/** Checks the options of one send. */
export function checkPatience(signal: unknown, timeoutMs: number): void {
  mustBeInRange('timeoutMs', timeoutMs, NUMBERS.sendTimeoutMs);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal must be an AbortSignal');
}

/** Checks an idempotency key. */
export function checkKey(key: unknown): void {
  const good = typeof key === 'string' && key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES;
  if (!good) throw invalid(`idempotencyKey must be a text of 1 to ${MAX_KEY_BYTES} bytes`);
}

/** Checks the `drainMs` of a close. */
export function checkDrain(value: number): number {
  return mustBeInRange('drainMs', value, { min: 0, max: MAX_TIMER_MS });
}

export function mustBeKnown(options: object, names: readonly string[], prefix: string): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw invalid(`${prefix}${name} is not an option; there are ${names.join(', ')}`);
  }
}

export function invalid(why: string, cause?: unknown): DrowseError {
  const details = cause === undefined ? {} : { cause };
  return new DrowseError('ERR_DROWSE_INVALID_OPTIONS', `Invalid options: ${why}.`, details);
}

function backoff(value: readonly [number, number]): readonly [number, number] {
  const range = { min: 0, max: MAX_TIMER_MS };
  if (!Array.isArray(value) || value.length !== 2) throw invalid('restarts.backoffMs must be [first, last]');
  const first = mustBeInRange('restarts.backoffMs[0]', value[0], range);
  return [first, mustBeInRange('restarts.backoffMs[1]', value[1], { min: first, max: range.max })];
}

/** Of the memory there is, what is left to the rest of the system, and of the limit, what lies between it and the target. */
const SHARES = { limit: 0.8, target: 0.9 };

function memoryBudget(value: SupervisorOptions['memoryBudgetMb']): MemoryLimits {
  const own = (memoryLimit().bytes / MIB) * SHARES.limit;
  const given = typeof value === 'number' ? { limit: value } : (value ?? { limit: own });
  if (typeof given !== 'object')
    throw invalid(`memoryBudgetMb must be a number, or { limit, target }, not ${show(value)}`);
  mustBeKnown(given, ['limit', 'target'], 'memoryBudgetMb.');
  const limit = mustBeInRange('memoryBudgetMb', given.limit, { min: 16, max: 64 * 1024 * 1024 });
  const target = mustBeInRange('memoryBudgetMb.target', given.target ?? limit * SHARES.target, { min: 1, max: limit });
  return { limitBytes: Math.floor(limit * MIB), targetBytes: Math.floor(target * MIB) };
}

function spareBounds(value: NonNullable<SupervisorOptions['spares']>): SpareBounds {
  const range = { min: 0, max: MAX_SPARES, whole: true };
  if (typeof value === 'number') {
    const count = mustBeInRange('spares', value, range);
    return { min: count, max: count };
  }
  if (typeof value !== 'object' || value === null)
    throw invalid(`spares must be a number, or { min, max }, not ${show(value)}`);
  mustBeKnown(value, ['min', 'max'], 'spares.');
  const min = mustBeInRange('spares.min', value.min ?? 0, range);
  return { min, max: mustBeInRange('spares.max', value.max ?? Math.max(min, 4), { ...range, min }) };
}

export function mustBeInRange(name: string, value: unknown, { min, max, whole = false }: Range): number {
  if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw invalid(`${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not ${show(value)}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
