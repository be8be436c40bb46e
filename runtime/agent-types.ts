import { type AgentId, parseAgentId } from '../core/agent-id.ts';
import { DrowseError } from '../core/errors.ts';
import { environment, moduleUrl } from './module-options.ts';
import type { AgentTypeOptions, SupervisorOptions } from './options.ts';
import { permissionFlags } from './permissions.ts';
import { checkIdleTimeout, checkMaxHeap, invalid, mustBeKnown } from './settings.ts';

/** A registered agent type. */
export interface AgentType {
  readonly name: string;
  /** URL of the module. */
  readonly module: string;
  /** Its module is loaded with all that it imports in one file. */
  readonly bundle: boolean;
  /** The host's own choice for this type; it wins over the definition's. */
  readonly idleTimeoutMs: number | undefined;
  /** What an agent of this type may hold in memory; undefined: as the supervisor says. */
  readonly maxHeapBytes: number | undefined;
  /** The environment of its workers. */
  readonly env: Readonly<Record<string, string>>;
  /** For agents in processes of their own: what those may do, as arguments of their Node. */
  readonly process: readonly string[] | undefined;
}

/** An agent id, and its type. */
export interface Found {
  readonly id: AgentId;
  readonly type: AgentType;
}

/** The registered types, and agent ids read in their light. */
export class AgentTypes {
  readonly #types: ReadonlyMap<string, AgentType>;
  readonly #only: string | undefined;

  /** Throws `ERR_DROWSE_INVALID_OPTIONS`. The modules themselves are looked at when the first agent of the type starts. */
  constructor(agents: SupervisorOptions['agents']) {
    if (typeof agents !== 'object' || agents === null) throw invalid('agents must map type names to modules');
    const names = Object.keys(agents);
    if (names.length === 0) throw invalid('agents must name at least one type');
    this.#types = new Map(names.map((name) => [name, agentType(name, agents[name] as AgentTypeOptions)]));
    this.#only = names.length === 1 ? names[0] : undefined;
  }

  get all(): readonly AgentType[] {
    return [...this.#types.values()];
  }

  get names(): readonly string[] {
    return [...this.#types.keys()];
  }

  /** Parses an id and finds its type. Throws `ERR_DROWSE_INVALID_AGENT_ID` or `ERR_DROWSE_UNKNOWN_TYPE`. */
  find(id: string): Found {
    const parsed = parseAgentId(id, this.#only);
    const type = this.#types.get(parsed.type);
    if (type) return { id: parsed, type };
    const known = [...this.#types.keys()].join(', ');
    throw new DrowseError(
      'ERR_DROWSE_UNKNOWN_TYPE',
      `Agent type "${parsed.type}" is not registered; there are: ${known}.`,
      {
        agentId: parsed.full,
      },
    );
  }
}

function agentType(name: string, given: URL | string | AgentTypeOptions): AgentType {
  mustBeTypeName(name);
  const options: AgentTypeOptions = typeof given === 'string' || given instanceof URL ? { module: given } : given;
  const path = `agents.${name}`;
  if (typeof options !== 'object' || options === null)
    throw invalid(`${path} must be a module's path or URL, or options`);
  mustBeKnown(
    options,
    ['module', 'idleTimeoutMs', 'maxHeapMb', 'env', 'isolation', 'permissions', 'bundle'],
    `${path}.`,
  );
  const { idleTimeoutMs, maxHeapMb, env, bundle = false } = options;
  if (typeof bundle !== 'boolean') throw invalid(`${path}.bundle must be true or false`);
  if (bundle && options.permissions !== undefined)
    throw invalid(`${path}.bundle and ${path}.permissions cannot be had together: bundle the module yourself`);
  const module = moduleUrl(`${path}.module`, options.module);
  return {
    name,
    module,
    bundle,
    idleTimeoutMs: idleTimeoutMs === undefined ? undefined : checkIdleTimeout(`${path}.idleTimeoutMs`, idleTimeoutMs),
    maxHeapBytes: maxHeapMb === undefined ? undefined : checkMaxHeap(`${path}.maxHeapMb`, maxHeapMb),
    env: environment(`${path}.env`, env),
    process: processFlags(path, options, module),
  };
}

function processFlags(path: string, options: AgentTypeOptions, module: string): string[] | undefined {
  const { isolation = 'thread', permissions } = options;
  if (isolation !== 'thread' && isolation !== 'process')
    throw invalid(`${path}.isolation must be 'thread' or 'process', not ${JSON.stringify(isolation)}`);
  if (isolation === 'thread' && permissions !== undefined)
    throw invalid(`${path}.permissions hold for a process alone: set ${path}.isolation to 'process'`);
  if (isolation === 'thread') return undefined;
  return permissions === undefined ? [] : permissionFlags(`${path}.permissions`, permissions, module);
}

function mustBeTypeName(name: string): void {
  if (name === '' || name.includes('/'))
    throw invalid(`agents: type name ${JSON.stringify(name)} is empty or holds a slash`);
  try {
    parseAgentId(`${name}/key`);
  } catch (cause) {
    throw invalid(`agents: no agent id can begin with type name ${JSON.stringify(name)}: ${(cause as Error).message}`);
  }
}
