import fc, { type Arbitrary } from 'fast-check';

export const AGENTS = ['a', 'b', 'c'] as const;

export type AgentName = (typeof AGENTS)[number];

/** What a turn does beside writing its token into the state. */
export type Act =
  | { readonly do: 'tell'; readonly to: AgentName; readonly message: Message }
  | { readonly do: 'alarm'; readonly name: string; readonly when: When; readonly message: Message }
  | { readonly do: 'cancel'; readonly name: string }
  | { readonly do: 'grow'; readonly bytes: number };

/** Milliseconds from now, or between two times. */
export type When = { readonly inMs: number } | { readonly every: number };

/** A message is known by its token, which no other message of the program has. */
export interface Message {
  readonly token: string;
  readonly acts: readonly Act[];
  /** The first so many turns of it fail, after all they do. */
  readonly fail?: { readonly how: 'throw' | 'crash'; readonly times: number } | undefined;
}

/**
 * One step of a program. Nothing waits for what an earlier step has called but `wait`, `close` and `kill`, which comes after
 * so many more answers and that many microseconds. `again` repeats one of the calls under a key.
 */
export type Op =
  | {
      readonly do: 'send' | 'tell';
      readonly agent: AgentName;
      readonly message: Message;
      readonly key?: string | undefined;
    }
  | { readonly do: 'sleep' | 'delete' | 'look'; readonly agent: AgentName }
  | { readonly do: 'again'; readonly nth: number }
  | { readonly do: 'wait' | 'close' }
  | { readonly do: 'kill'; readonly answers: number; readonly micros: number };

export interface Program {
  /** Agents fall asleep by themselves, within milliseconds. */
  readonly drowsy: boolean;
  readonly durability: 'os' | 'fsync';
  /** What each agent runs in. */
  readonly isolation: 'thread' | 'process';
  readonly ops: readonly Op[];
}

/** How often a durable message is tried. */
export const MAX_ATTEMPTS = 3;
/** An alarm that is set for so late never rings within a program. */
export const FAR_MS = 3_600_000;

const agent = fc.constantFrom(...AGENTS);
const name = fc.constantFrom('x', 'y');
const grow: Arbitrary<Act> = record({ do: fc.constant('grow'), bytes: fc.integer({ min: 100, max: 40_000 }) });
const cancel: Arbitrary<Act> = record({ do: fc.constant('cancel'), name });
const later = weighted<When>([3, record({ inMs: fc.nat(12) })], [1, fc.constant({ inMs: FAR_MS })]);
const every: Arbitrary<When> = record({ every: fc.integer({ min: 2, max: 12 }) });
const fail = weighted<Message['fail']>([8, fc.constant(undefined)], [2, failing('throw')], [1, failing('crash')]);

const silent: Message = { token: '', acts: [] };
const leaf = record({ token: fc.constant(''), acts: fc.constant([]), fail });
const middle = message(1, weighted([1, grow], [1, cancel], [2, telling(leaf)], [1, ringing(later, leaf)]));
const top = message(
  3,
  weighted(
    [3, grow],
    [2, cancel],
    [5, telling(middle)],
    [3, ringing(later, middle)],
    [1, ringing(every, fc.constant(silent))],
  ),
);
const key = weighted([3, fc.constant(undefined)], [1, fc.constantFrom('k', 'l')]);

const op = weighted<Op>(
  [12, record({ do: fc.constant('send'), agent, message: top, key })],
  [7, record({ do: fc.constant('tell'), agent, message: top, key })],
  [7, fc.constant({ do: 'wait' })],
  [3, record({ do: fc.constant('sleep'), agent })],
  [3, record({ do: fc.constant('again'), nth: fc.nat(3) })],
  [2, record({ do: fc.constant('look'), agent })],
  [2, record({ do: fc.constant('delete'), agent })],
  [1, fc.constant({ do: 'close' })],
  [1, record({ do: fc.constant('kill'), answers: fc.nat(4), micros: fc.nat(4_000) })],
);

/** Random programs of 1 to 25 steps. */
export const programs: Arbitrary<Program> = record({
  drowsy: fc.boolean(),
  durability: weighted<'os' | 'fsync'>([7, fc.constant('os')], [1, fc.constant('fsync')]),
  isolation: weighted<'thread' | 'process'>([19, fc.constant('thread')], [1, fc.constant('process')]),
  ops: fc.array(op, { minLength: 1, maxLength: 25, size: 'max' }),
}).map(({ ops, ...options }) => ({ ...options, ops: ops.map(named) }));

/** Plain objects, as they print best. */
function record<T>(parts: { [Key in keyof T]: Arbitrary<T[Key]> }): Arbitrary<T> {
  return fc.record(parts, { noNullPrototype: true });
}

function message(maxLength: number, act: Arbitrary<Act>): Arbitrary<Message> {
  return record({ token: fc.constant(''), acts: fc.array(act, { maxLength }), fail });
}

function telling(message: Arbitrary<Message>): Arbitrary<Act> {
  return record({ do: fc.constant('tell'), to: agent, message });
}

function ringing(when: Arbitrary<When>, message: Arbitrary<Message>): Arbitrary<Act> {
  return record({ do: fc.constant('alarm'), name, when, message });
}

function failing(how: 'throw' | 'crash'): Arbitrary<Message['fail']> {
  return record({ how: fc.constant(how), times: fc.constantFrom(1, 2, 9) });
}

/** Shrinks towards the first. */
function weighted<T>(...from: [weight: number, arbitrary: Arbitrary<T>][]): Arbitrary<T> {
  const options = from.map(([weight, arbitrary]) => ({ weight, arbitrary }));
  return fc.oneof({ withCrossShrink: true }, ...options) as Arbitrary<T>;
}

/** Gives the messages of a step their tokens: where they stand in the program. */
function named(op: Op, index: number): Op {
  return 'message' in op ? { ...op, message: tokened(op.message, String(index)) } : op;
}

function tokened(message: Message, token: string): Message {
  const acts = message.acts.map((act, n) =>
    'message' in act ? { ...act, message: tokened(act.message, `${token}.${n}`) } : act,
  );
  return { ...message, token, acts };
}
