// The public door of a tools module: everything that `import … from 'drowse/tools'` can name.
export { cpuBound } from './cpu-bound.ts';
export type { ToolsOf } from './register.ts';
export type { ToolContext } from './tool-context.ts';
