import type { Import } from './load-definition.ts';

/** What every agent imports. */
const SPECIFIER = 'drowse/agent';

/**
 * Imports agent modules. The first `drowse/agent` that they import is `api`, which is not looked up as a package's: for that Node
 * compiles regular expressions, which takes a thread 1.5 of the 23 ms of its start. Nobody is asked where anything else lies.
 */
export function agentImport(api: string): Import {
  let first = true;
  return async (module) => {
    if (!first) return import(module);
    first = false;
    const hooks = process.getBuiltinModule('node:module').registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== SPECIFIER) return next(specifier, context);
        hooks.deregister();
        return { url: api, format: 'module', shortCircuit: true };
      },
    });
    try {
      return await import(module);
    } finally {
      hooks.deregister();
    }
  };
}
