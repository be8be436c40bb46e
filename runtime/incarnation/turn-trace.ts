import { channel } from 'node:diagnostics_channel';
import type { Delivery } from '../messages/delivery.ts';

/** What is published of each turn on the channel `drowse:turn` of `node:diagnostics_channel`, as it is known how it ended. */
export interface TurnTrace {
  readonly agentId: string;
  readonly kind: 'send' | 'tell' | 'alarm';
  /** The agents whose turns led to it, the first cause first; none for what comes from outside. */
  readonly chain: readonly string[];
  /** Milliseconds from when the message was sent, or its attempt began, until now. */
  readonly tookMs: number;
  /** `ended`: its thread did, or its write failed. */
  readonly outcome: 'committed' | 'failed' | 'cancelled' | 'ended';
}

const turns = channel('drowse:turn');

/** Publishes a turn; costs nothing where nobody listens. `now` is the clock's `elapsed()`. */
export function traceTurn(agentId: string, delivery: Delivery, outcome: TurnTrace['outcome'], now: () => number): void {
  if (!turns.hasSubscribers) return;
  const { chain, sentAt } = delivery;
  turns.publish({ agentId, kind: kindOf(delivery), chain, tookMs: now() - sentAt, outcome } satisfies TurnTrace);
}

/** What kind of message it is. */
export function kindOf({ durable }: Delivery): TurnTrace['kind'] {
  if (durable === undefined) return 'send';
  return durable.alarm ? 'alarm' : 'tell';
}
