import { DrowseError } from '../core/errors.ts';

/** What every call on a closed store rejects with. */
export function closedError(): DrowseError {
  return new DrowseError('ERR_DROWSE_CLOSED', 'The store is closed.');
}

/** What a write rejects with whose journal was closed or has a newer one beside it. */
export function fencedError(agentId: string): DrowseError {
  const text = `Agent ${JSON.stringify(agentId)} is no longer this journal's to write.`;
  return new DrowseError('ERR_DROWSE_FENCED', text, { agentId });
}

/** Throws a `RangeError`, a mistake of the caller, where a journal at `current` takes no record. */
export function checkAppend(current: number): void {
  if (current === 0) throw new RangeError('The first write of a new agent is its snapshot 1, not a record.');
}

/** Throws a `RangeError`, a mistake of the caller, where a journal at `current` takes no snapshot of `sequence`. */
export function checkSnapshot(current: number, sequence: number): void {
  if (sequence > 0 && (sequence === current || sequence === current + 1)) return;
  throw new RangeError(`A journal at sequence ${current} takes no snapshot of sequence ${sequence}.`);
}
