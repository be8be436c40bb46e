// Loaded before a script that "drowse run" starts: where the launcher dies, the script is asked to stop, as by Ctrl-C, and
// ended if it does not.
import { LAUNCHED_MODULE } from './run-script.ts';

/** What a script may take to stop. */
const STOP_MS = 30_000;

// Its own children have other parents.
const flag = process.execArgv.indexOf(LAUNCHED_MODULE);
if (flag > 0) process.execArgv.splice(flag - 1, 2);

process.once('disconnect', stop);
// Listening holds the channel, and thereby the process.
process.channel?.unref();
if (!process.connected) stop();

function stop(): void {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS).unref();
}
