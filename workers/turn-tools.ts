import { unknownTool } from '../core/unknown-tool.ts';
import { PROBES } from './probes.ts';
import type { ToolKind } from './tool-protocol.ts';

type Kinds = Readonly<Record<string, ToolKind>>;

/** The tools as a turn has them: functions by their names. A name that there is not throws `ERR_DROWSE_UNKNOWN_TOOL`. */
export function turnTools(kinds: Kinds, use: (tool: string, kind: ToolKind, args: unknown[]) => unknown): object {
  return new Proxy(kinds, {
    get(_, name) {
      if (typeof name !== 'string') return undefined;
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (kind === undefined && PROBES.includes(name)) return undefined;
      if (kind === undefined) throw unknownTool(name, Object.keys(kinds));
      // What is wrong with a call rejects it, as all else does.
      return kind === 'stream'
        ? (...args: unknown[]) => use(name, kind, args)
        : async (...args: unknown[]) => use(name, kind, args);
    },
  });
}
