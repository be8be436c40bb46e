import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AgentTypeOptions, Durability, SupervisorOptions, ToolsOptions } from '../runtime/index.ts';
import { Failure, UsageError } from './failure.ts';

/** What `drowse serve` was given. */
export interface HostFlags {
  /** Modules by type. */
  agent?: Readonly<Record<string, string>>;
  /** Names of environment variables by type. */
  env?: Readonly<Record<string, readonly string[]>>;
  /** The tools' module. */
  tools?: string;
  /** Names of environment variables that the tools see. */
  toolsEnv?: readonly string[];
  /** Files of shared data by name. */
  share?: Readonly<Record<string, string>>;
  config?: string;
  directory?: string;
  port: number;
  host: string;
  durability?: Durability;
  idleTimeout?: number;
  sweepInterval?: number;
  maxAttempts?: number;
  maxActive?: number;
  memoryBudget?: number;
  spares?: number;
  drain: number;
}

/**
 * The supervisor's options: those of the config file, with what the command line says over them. Paths in the config file
 * start from its folder, those on the command line from the working directory.
 */
export async function hostOptions(flags: HostFlags): Promise<SupervisorOptions> {
  const { directory, durability, idleTimeout, sweepInterval, maxAttempts, maxActive, memoryBudget, spares } = flags;
  const config = flags.config === undefined ? {} : await readConfig(resolve(flags.config));
  const agents = agentTypes(config, flags);
  const tools = toolsOf(config, flags);
  const files = Object.entries(flags.share ?? {}).map(([name, file]) => [name, pathToFileURL(resolve(file))]);
  const place = directory ?? config.directory ?? (config.store ? undefined : './data');
  return {
    ...config,
    agents,
    ...(tools && { tools }),
    shared: { ...config.shared, ...Object.fromEntries(files) },
    ...(place !== undefined && { directory: resolve(place) }),
    ...(durability && { durability }),
    ...(idleTimeout !== undefined && { idleTimeoutMs: idleTimeout }),
    ...(sweepInterval !== undefined && { sweepIntervalMs: sweepInterval }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(maxActive !== undefined && { maxActive }),
    ...(memoryBudget !== undefined && { memoryBudgetMb: memoryBudget }),
    ...(spares !== undefined && { spares }),
  };
}

function agentTypes(config: Partial<SupervisorOptions>, flags: HostFlags): Record<string, AgentTypeOptions> {
  const types: Record<string, AgentTypeOptions> = {};
  for (const [name, given] of Object.entries({ ...config.agents, ...flags.agent })) {
    types[name] = typeof given === 'string' || given instanceof URL ? { module: given } : given;
    mustExist(name, types[name]?.module);
  }
  if (Object.keys(types).length === 0) {
    throw new UsageError('There are no agents to host: name one, like --agent counter=./counter.js.');
  }
  for (const [name, env] of Object.entries(flags.env ?? {})) {
    const type = types[name];
    if (type === undefined) throw new UsageError(`--env names the agent type "${name}", which there is not.`);
    types[name] = { ...type, env: [...(type.env ?? []), ...env] };
  }
  return types;
}

function toolsOf(config: Partial<SupervisorOptions>, { tools, toolsEnv }: HostFlags): ToolsOptions | undefined {
  const given = tools ?? config.tools;
  if (given === undefined) {
    if (toolsEnv)
      throw new UsageError('--tools-env is for tools, which there are not: name their module with --tools.');
    return undefined;
  }
  const options = typeof given === 'string' || given instanceof URL ? { module: given } : given;
  return toolsEnv ? { ...options, env: [...(options.env ?? []), ...toolsEnv] } : options;
}

/** The supervisor looks at a module when the first agent of its type starts; a wrong path is better said at once. */
function mustExist(name: string, module: unknown): void {
  const url = String(module).startsWith('file:') ? new URL(String(module)) : undefined;
  const path = url ? fileURLToPath(url) : module;
  if (typeof path === 'string' && !existsSync(path)) {
    throw new Failure(`The module of agent type "${name}" does not exist: ${resolve(path)}`);
  }
}

async function readConfig(file: string): Promise<Partial<SupervisorOptions>> {
  const { default: config } = await import(pathToFileURL(file).href).catch((error: Error) => {
    throw new Failure(`The config file ${file} cannot be loaded: ${error.message}`);
  });
  if (typeof config !== 'object' || config === null) {
    throw new Failure(`The config file ${file} must export its options as default.`);
  }
  const { agents, tools, directory } = config as Partial<SupervisorOptions>;
  const folder = dirname(file);
  const entries = Object.entries(agents ?? {}).map(([name, given]) => [name, fromFolder(folder, given)]);
  return {
    ...config,
    agents: Object.fromEntries(entries),
    ...(tools !== undefined && { tools: fromFolder(folder, tools) }),
    ...(typeof directory === 'string' && { directory: resolve(folder, directory) }),
  };
}

function fromFolder<Options extends AgentTypeOptions | ToolsOptions>(
  folder: string,
  given: URL | string | Options,
): URL | string | Options {
  if (typeof given === 'string') return given.startsWith('file:') ? given : resolve(folder, given);
  if (given instanceof URL || typeof given?.module !== 'string') return given;
  const { permissions } = given as AgentTypeOptions;
  const paths = (names: readonly string[] = []) => names.map((name) => (name === '*' ? name : resolve(folder, name)));
  return {
    ...given,
    module: fromFolder(folder, given.module) as string,
    ...(permissions && {
      permissions: { ...permissions, read: paths(permissions.read), write: paths(permissions.write) },
    }),
  };
}
