import { DrowseError } from '../../core/errors.ts';
import type { Timers } from '../../core/timers.ts';
import type { Delivery } from './delivery.ts';

/** When the caller of a message gives up on it. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Calls `cancel` when the caller's signal is aborted or its time is up, unless the delivery is settled before. */
export function cancelOn(
  { signal, timeoutMs }: Patience,
  delivery: Delivery,
  timers: Timers,
  cancel: (why: DrowseError) => void,
): void {
  if (delivery.settled) return;
  const deadline = timers.add(timeoutMs, () => cancel(timedOut(timeoutMs)));
  if (signal === undefined) return delivery.onSettled(() => timers.cancel(deadline));
  const onAbort = () => cancel(aborted(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  delivery.onSettled(() => {
    timers.cancel(deadline);
    signal.removeEventListener('abort', onAbort);
  });
}

/** What a caller is told whose time is up. */
export function timedOut(timeoutMs: number): DrowseError {
  const text = `No reply came within ${timeoutMs} ms; the message was withdrawn or its turn rolled back.`;
  return new DrowseError('ERR_DROWSE_TIMEOUT', text);
}

/** What a caller is told whose signal was aborted; `cause` is the signal's reason. */
export function aborted(signal: AbortSignal): DrowseError {
  return new DrowseError(
    'ERR_DROWSE_ABORTED',
    'The caller cancelled; the message was withdrawn or its turn rolled back.',
    {
      cause: signal.reason,
    },
  );
}
