// The first code in an agent's thread, of what ships: runs the thread's entry as a script, of which the host has compiled code
// at hand. From sources, the entry is loaded as a module.
import { Script } from 'node:vm';
import { workerData } from 'node:worker_threads';
import type { Boot, ThreadCode } from './protocol.ts';

/** That of the script which this becomes. */
declare const require: NodeJS.Require;

const boot = workerData as Boot & { code?: ThreadCode };
const { source, url, compiled } = boot.code as ThreadCode;
delete boot.code;
const script = new Script(source, {
  filename: url,
  ...(compiled && { cachedData: compiled }),
});
// All other threads run it: it is not looked up where the agent's code may have put another by then.
if (compiled === undefined || script.cachedDataRejected) boot.compiled = script.createCachedData.bind(script);
boot.load = (module) => import(module);
script.runInThisContext()(require, url);
