import { DrowseError } from '../../core/errors.ts';
import { HeapExceeded } from '../threads/heap-guard.ts';

/** What callers are told of a thread that ended unasked. */
export function crashError(agentId: string, how: Error): DrowseError {
  const outOfMemory = how instanceof HeapExceeded || (how as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
  return new DrowseError(
    outOfMemory ? 'ERR_DROWSE_AGENT_OUT_OF_MEMORY' : 'ERR_DROWSE_AGENT_CRASHED',
    `Agent ${agentId} ${outOfMemory ? 'ran out of memory' : 'crashed'}: ${how.message}`,
    { cause: how, agentId },
  );
}
