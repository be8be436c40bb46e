/**
 * The agents whose turns led to a message, the first cause first: none for what comes from outside, and for an alarm, with which a
 * chain begins.
 */
export type Chain = readonly string[];

export const NOBODY: Chain = [];

/** How many agents a durable message remembers: one that tells itself again and again has no beginning. */
const MAX_KEPT = 16;

/** Of what is told in a turn of that agent: the last of them. */
export function keptChain(chain: Chain, agentId: string): Chain {
  return [...chain.slice(1 - MAX_KEPT), agentId];
}

/** In words. */
export function showChain(chain: Chain): string {
  return chain.join(' -> ');
}
