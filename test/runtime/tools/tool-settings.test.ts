import { availableParallelism } from 'node:os';
import t from 'tap';
import { resolveTools } from '../../../runtime/tools/tool-settings.ts';

const module = 'tools.js';

t.test('a module alone stands for options with defaults', async (t) => {
  const expected = {
    module: /^file:.*\/tools\.js$/,
    env: {},
    cpuThreads: Math.max(1, availableParallelism() - 1),
    maxQueue: 1_000,
    maxHeapBytes: 512 * 2 ** 20,
  };
  for (const given of [module, new URL('file:///tools.js'), { module }]) t.match(resolveTools(given), expected);
});

t.test('what is given is taken', async (t) => {
  process.env.TOOLS_TEST = 'x';
  const given = { module, env: ['TOOLS_TEST'], cpuThreads: 3, maxQueue: 0, maxHeapMb: 64 };
  t.match(resolveTools(given), { env: { TOOLS_TEST: 'x' }, cpuThreads: 3, maxQueue: 0, maxHeapBytes: 64 * 2 ** 20 });
});

t.test('what is wrong is refused by name', async (t) => {
  const wrong: Record<string, unknown[]> = {
    tools: [null, 5, {}, { search() {} }, Promise.resolve({})],
    'tools.module': [{ module: '' }, { module: 5 }],
    'tools.env': [
      { module, env: 'HOME' },
      { module, env: [5] },
    ],
    'tools.cpuThreads': [0, 1.5, 1_001, '2'].map((cpuThreads) => ({ module, cpuThreads })),
    'tools.maxQueue': [-1, 0.5, Number.NaN].map((maxQueue) => ({ module, maxQueue })),
    'tools.maxHeapMb': [15, 2 ** 17].map((maxHeapMb) => ({ module, maxHeapMb })),
    'tools.threads': [{ module, threads: 2 }],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const message = new RegExp(`^Invalid options: ${name.replace('.', '\\.')} (must|is not)`);
      t.throws(() => resolveTools(value as string), { code: 'ERR_DROWSE_INVALID_OPTIONS', message }, name);
    }
  }
});
