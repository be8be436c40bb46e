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
