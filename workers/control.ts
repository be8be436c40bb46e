import { getBuiltinModule } from 'node:process';
import { toFault } from '../core/fault.ts';
import type { Host } from './host.ts';
import type { Control } from './protocol.ts';
import { BRIEF, rehearse, THOROUGH } from './rehearsal.ts';

/**
 * What can be called in a worker from outside: what is named here, and nothing else. `leave` ends the worker; `compiled` is what its
 * entry has been compiled to, where others can use that.
 */
export function controlOf(host: Host, leave: () => void, compiled?: () => Uint8Array): Control {
  return {
    prepare: async (module, how) => {
      try {
        await host.load(module);
        // As it ends, it would be too late for those that start meanwhile.
        getBuiltinModule('node:module').flushCompileCache?.();
        if (compiled) await rehearse(BRIEF);
        const code = compiled?.();
        if (how.rehearsed) await rehearse(THOROUGH);
        return { ok: true, compiled: code };
      } catch (error) {
        return { ok: false, fault: toFault(error) };
      }
    },
    hydrate: (orders) => host.hydrate(orders),
    passivate: (last, shared) => host.passivate(last, shared),
    leave: async () => {
      leave();
    },
  };
}
