import { constants } from 'node:os';

/**
 * Resolves with its name when the host is asked to stop: by SIGINT, by SIGTERM, or by its launcher's end. A second signal
 * ends the process at once, unless a launcher is there: Ctrl-C reaches both, so that only the launcher can count.
 */
export function stopRequest(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let asked = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked && !process.connected) process.exit(128 + constants.signals[signal]);
    asked = true;
    resolve(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  if (process.send === undefined) return promise;
  const onOrphaned = () => resolve('the end of its launcher');
  process.once('disconnect', onOrphaned);
  // Listening holds the channel, and thereby the process.
  process.channel?.unref();
  if (!process.connected) onOrphaned();
  return promise;
}
