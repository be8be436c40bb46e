// The first code in an agent's thread, of what ships: runs the thread's entry as a script, of which the host has compiled code
// at hand. From sources, the entry is loaded as a module.
import { agentImport } from './agent-import.ts';
import type { Boot, ThreadCode } from './protocol.ts';

// Half as long as `require` takes, which asks for hooks, paths and who is watching; the entry asks a dozen times.
const builtin = process.getBuiltinModule.bind(process);
const { Script } = builtin('node:vm');

const boot = builtin('node:worker_threads').workerData as Boot & { code?: ThreadCode };
const { source, url, compiled } = boot.code as ThreadCode;
delete boot.code;
const script = new Script(source, {
  filename: url,
  ...(compiled && { cachedData: compiled }),
});
// All other threads run it: it is not looked up where the agent's code may have put another by then.
if (compiled === undefined || script.cachedDataRejected) boot.compiled = script.createCachedData.bind(script);
boot.load = agentImport(new URL('define-agent.js', url).href);
script.runInThisContext()(builtin, url);
