import type { SleepReason } from '../events.ts';
import type { Hosting } from '../hosting.ts';
import type { Delivery } from '../messages/delivery.ts';

/**
 * How an incarnation ended:
 *
 *  slept    as it was asked to
 *  stopped  by the supervisor, for a reason of its own
 *  failed   it could not start, and would not the next time: a bad module, damaged state, a throw in `activate()`
 *  crashed  its thread ended unasked, or one of its writes failed
 */
export interface Ending {
  readonly kind: 'slept' | 'stopped' | 'failed' | 'crashed';
  readonly cause: Error;
  /** Whether a write of its failed: messages taken for processed may be on disk still. */
  readonly unwritten: boolean;
  /** Sends delivered whose turns never began, in order: they are the next incarnation's. */
  readonly unbegun: readonly Delivery[];
}

/** Tells whoever listens. `reason` is why the agent was asked to sleep, if it was. */
export function announceEnding(
  { kind, cause }: Ending,
  { agentId, epoch, reason = 'asked' }: { agentId: string; epoch: number; reason: SleepReason | undefined },
  { announce, counters }: Pick<Hosting, 'announce' | 'counters'>,
): void {
  if (kind === 'crashed') counters.crashes += 1;
  if (kind === 'slept') announce('passivated', { agentId, epoch, reason });
  else announce(kind === 'crashed' ? 'crashed' : 'stopped', { agentId, epoch, cause });
}
