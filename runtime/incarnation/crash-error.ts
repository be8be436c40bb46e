import { explained } from '../../core/after-turn.ts';
import { DrowseError } from '../../core/errors.ts';
import { HeapExceeded } from '../isolates/heap-guard.ts';
import { Hung } from '../isolates/hung.ts';
import { showChain } from '../messages/chain.ts';
import type { Delivery } from '../messages/delivery.ts';

/** What callers are told of a thread that ended unasked while the agent was starting, or had the turn of a delivery running, or none. */
export function crashError(
  agentId: string,
  how: Error,
  at: 'starting' | { readonly delivery: Delivery | undefined },
): DrowseError {
  const doing = at === 'starting' ? 'as it started' : duringTurnOf(at.delivery);
  const told = (code: DrowseError['code'], what: string) =>
    new DrowseError(code, `Agent ${agentId} ${what} ${doing}: ${(explained(how) as Error).message}`, {
      cause: how,
      agentId,
    });
  if (how instanceof HeapExceeded || (how as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return told('ERR_DROWSE_AGENT_OUT_OF_MEMORY', 'ran out of memory');
  }
  return how instanceof Hung ? told('ERR_DROWSE_AGENT_HUNG', 'hung') : told('ERR_DROWSE_AGENT_CRASHED', 'crashed');
}

/** What the caller is told of a turn that took too long. */
export function turnTimeout(agentId: string, turnTimeoutMs: number): DrowseError {
  const text = `The turn ran for longer than turnTimeoutMs (${turnTimeoutMs} ms) and was rolled back.`;
  return new DrowseError('ERR_DROWSE_TIMEOUT', text, { agentId });
}

function duringTurnOf(delivery: Delivery | undefined): string {
  if (delivery === undefined) return 'between turns';
  const { durable, chain } = delivery;
  if (durable?.alarm) return `in the turn of its alarm ${durable.alarm.name}`;
  const what = durable ? 'tell' : 'send';
  return chain.length === 0 ? `in the turn of a ${what}` : `in the turn of a ${what} from ${showChain(chain)}`;
}
