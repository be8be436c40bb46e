import type { Alarm, Attempt, Letter, Notes, Step, Told } from '../../storage/messages.ts';
import { type Chain, NOBODY } from './chain.ts';
import type { Schedule } from './schedule.ts';

/** A durable message in hand: one that was told, or an alarm that is due. */
export interface Durable {
  readonly number: number;
  /** When it was told, or was due. */
  readonly since: number;
  readonly body: Uint8Array;
  readonly chain: Chain;
  readonly alarm?: Alarm;
  /** Begun turns of it that did not commit, the running one included. */
  readonly attempts: readonly Attempt[];
  /** When the next may begin. */
  readonly retryAt?: number;
}

/** A message with what is noted of it. */
export function toDurable(message: Told | Alarm, notes: Notes | undefined): Durable {
  const { number, at: since, body } = message;
  return {
    number,
    since,
    body,
    chain: ('chain' in message && message.chain) || NOBODY,
    ...('name' in message && { alarm: message }),
    attempts: notes?.attempts ?? [],
    ...(notes?.retryAt !== undefined && { retryAt: notes.retryAt }),
  };
}

/** Whether its last turn began, and how that ended is not known: it runs, or the host ended during it. */
export function hasBegun({ attempts }: Durable): boolean {
  const last = attempts.at(-1);
  return last !== undefined && last.cause === undefined;
}

/** The message is over: what stores that, and with it the next time of an alarm that repeats. */
export function stepsAfter(agentId: string, message: Durable, schedule: Schedule, now: number): Step[] {
  const { number, alarm } = message;
  return [{ kind: 'settle', agentId, number }, ...(alarm ? schedule.over(alarm, now) : [])];
}

/** The message is given up: it moves to the dead letters. */
export function stepsToBury(
  agentId: string,
  message: Durable,
  schedule: Schedule,
  { cause, now }: { cause: string; now: number },
): Step[] {
  return [
    ...stepsAfter(agentId, message, schedule, now),
    { kind: 'bury', agentId, letter: toLetter(message, cause, now) },
  ];
}

/** The name of a dead letter, or of a message that may become one. */
export function letterId(agentId: string, number: number): string {
  return `${agentId}#${number}`;
}

function toLetter({ number, since, body, chain, alarm, attempts }: Durable, cause: string, at: number): Letter {
  return {
    number,
    at,
    since,
    body,
    ...(chain.length > 0 && { chain }),
    ...(alarm && { alarm: alarm.name }),
    cause,
    attempts,
  };
}
