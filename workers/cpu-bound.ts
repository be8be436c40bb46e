// By its name, so that two copies of this package agree.
const CPU_BOUND = Symbol.for('drowse.cpuBound');

/** Declares that a tool computes: each of its calls has a thread to itself while it runs, and holds up no other. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the tool takes
export function cpuBound<Tool extends (...args: any[]) => unknown>(tool: Tool): Tool {
  return Object.defineProperty(tool, CPU_BOUND, { value: true });
}

export function isCpuBound(tool: object): boolean {
  return CPU_BOUND in tool;
}
