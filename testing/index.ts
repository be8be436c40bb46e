// The public door of the testing kit: everything that `import … from 'drowse/testing'` can name.
export { ManualClock } from './manual-clock.ts';
export type { TestDisk } from './test-disk.ts';
export { TestHost, type TestHostOptions } from './test-host.ts';
