import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { programsOf, writePrograms } from './programs.ts';

const run = promisify(execFile);
const repo = join(import.meta.dirname, '..');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

// Not t.testdir(): below the repository, `drowse` would be found there.
const folder = mkdtempSync(join(tmpdir(), 'drowse-package-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

// --ignore-scripts: dist/ is there, and building it again would pull it from under the other tests.
const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: repo });
const [{ filename, files }] = JSON.parse(packed.toString()) as [{ filename: string; files: Array<{ path: string }> }];
const project = join(folder, 'project');
execFileSync('mkdir', [project]);

/** Writes a file of the project. */
const write = (name: string, text: string) => writeFileSync(join(project, name), text);
/** Runs node in the project, with this test's binary and none of its flags, which every spawn puts into NODE_OPTIONS, and returns what it prints. */
async function node(...args: string[]): Promise<string> {
  return (await run('env', ['-u', 'NODE_OPTIONS', process.execPath, ...args], { cwd: project })).stdout;
}

write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }));
execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, filename)], {
  cwd: project,
  stdio: ['ignore', 'ignore', 'inherit'],
});

const agent = (annotation: string) => `
  import { defineAgent } from 'drowse/agent';
  export default defineAgent({
    initialState: () => ({ count: 0 }),
    receive(agent, message${annotation}) {
      agent.state.count += message.add;
      return agent.state.count;
    },
  });`;

const host = (extension: string, count: string) => `
  import { Supervisor } from 'drowse';
  await using host = await Supervisor.open({
    directory: 'data-${extension}',
    agents: { counter: new URL('./counter.${extension}', import.meta.url) },
  });
  await host.send('a', { add: 1 });
  await host.send('a', { add: 2 });
  await host.passivate('a');
  const count${count} = await host.send('a', { add: 4 });
  console.log(host.stats().agents.total, count);`;

t.test('a project in JavaScript installs it and has agents that sleep and wake', async (t) => {
  write('counter.js', agent(''));
  write('host.js', host('js', ''));
  t.equal(await node('host.js'), '1 7\n');
});

t.test('a project in TypeScript runs it, with strict types', async (t) => {
  write(
    'tools.ts',
    `
    import { cpuBound, type ToolContext } from 'drowse/tools';
    export async function search(query: string, { signal }: ToolContext): Promise<string[]> {
      signal.throwIfAborted();
      return [query];
    }
    export async function* complete(prompt: string): AsyncGenerator<string, number> {
      yield prompt;
      return 1;
    }
    export const measure = cpuBound((text: string, context: ToolContext) => text.length + context.agentId.length);
    export const version = 1;
    `,
  );
  write(
    'searcher.ts',
    `
    import { defineAgent } from 'drowse/agent';
    import type { ToolsOf } from 'drowse/tools';
    export default defineAgent({
      initialState: () => ({ found: [] as string[] }),
      async receive(agent, query: string): Promise<number> {
        const tools: ToolsOf<typeof import('./tools.ts')> = agent.tools;
        agent.state.found = await tools.search(query);
        for await (const chunk of tools.complete(query)) agent.state.found.push(chunk.toUpperCase());
        // @ts-expect-error: a text
        tools.search(5);
        // @ts-expect-error: the context is not for the caller to give
        tools.measure(query, {});
        // @ts-expect-error: not a function
        tools.version;
        return (await tools.measure(query)).valueOf();
      },
    });
    `,
  );
  write('counter.ts', agent(': { add: number }'));
  write('host.ts', host('ts', ': unknown'));
  write(
    'wrong.ts',
    `
    import { DrowseError, type ErrorCode, Supervisor } from 'drowse';
    import { defineAgent } from 'drowse/agent';
    defineAgent({
      initialState: () => ({ count: 0 }),
      receive(agent, message: { add: number }) {
        // @ts-expect-error: a number
        agent.state.count = 'x';
        // @ts-expect-error: not in the state
        agent.state.total += message.add;
        // @ts-expect-error: not the agent's to change
        agent.id = 'other';
        agent.state = { count: 5 };
        agent.log.info({ count: agent.state.count }, 'typed');
        agent.signal.throwIfAborted();
      },
    });
    // @ts-expect-error: what is required is missing
    defineAgent({ initialState: () => 0 });
    // @ts-expect-error: no such option
    void Supervisor.open({ directory: 'd', agents: {}, idleTimeout: 5 });
    // @ts-expect-error: one of two texts
    void Supervisor.open({ directory: 'd', agents: {}, durability: 'none' });
    // @ts-expect-error: no such code
    export const code: ErrorCode = 'ERR_DROWSE_MADE_UP';
    export const compared = (error: unknown) => error instanceof DrowseError && error.code === 'ERR_DROWSE_TIMEOUT';
    export const typed = async (host: Supervisor): Promise<number> => (await host.send<number>('a', {})).valueOf();
    `,
  );
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    // The browser's for Comlink's own types alone.
    lib: ['es2024', 'esnext.disposable', 'dom'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(repo, 'node_modules', '@types')],
    allowImportingTsExtensions: true,
    skipLibCheck: false,
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  t.equal(await node(tsc, '-p', project).catch(({ stdout, stderr }) => stdout + stderr), '');
  t.equal(await node('host.ts'), '1 7\n');
});

t.test('docs/getting-started.md works as it is written, in a folder with nothing but the package', async (t) => {
  const programs = programsOf('docs/getting-started.md');
  t.same([...programs.code.keys()], ['tools.js', 'chat.js', 'chat.test.js', 'host.js']);
  const lines = [...programs.code.values()].flatMap((code) => code.trim().split('\n'));
  t.ok(lines.length <= 60, `${lines.length} lines`);
  writePrograms(programs, project);
  t.match(await node('--test', '--test-reporter=tap', 'chat.test.js'), /# pass 1\n# fail 0\n/);
  const talk = (...says: string[]) => {
    const input = `printf '%s\\n' ${says.map((say) => `'${say}'`).join(' ')}`;
    const command = `${input} | '${process.execPath}' node_modules/.bin/drowse run host.js`;
    return run('env', ['-u', 'NODE_OPTIONS', 'sh', '-c', command], { cwd: project });
  };
  t.equal(
    (await talk('hello', 'How is the weather in Oslo?')).stdout,
    'You said "hello". (1)\nIn Oslo it is 21 degrees and clear. (2)\n',
  );
  t.equal((await talk('still there?')).stdout, 'You said "still there?". (3)\n');
});

t.test('its command explains itself', async (t) => {
  const { stdout } = await run(process.execPath, [join(project, 'node_modules', '.bin', 'drowse'), '--help']);
  t.match(stdout, /^Usage: drowse /);
});

t.test('only its doors can be imported', async (t) => {
  for (const inner of ['drowse/dist/runtime/index.js', 'drowse/runtime', 'drowse/workers']) {
    await t.rejects(node('-e', `import(${JSON.stringify(inner)})`), { message: /ERR_PACKAGE_PATH_NOT_EXPORTED/ });
  }
});

t.test('it holds what runs, its types and its docs: no tests, benchmarks, sources or tools', async (t) => {
  const paths = files.map(({ path }) => path);
  for (const path of [
    'dist/runtime/index.js',
    'dist/workers/thread-start.cjs',
    'dist/workers/thread-entry.cjs',
    'dist/workers/define-agent.d.ts',
    'LICENSE',
  ]) {
    t.ok(paths.includes(path), path);
  }
  const strange = paths.filter(
    (path) =>
      !/^(dist\/.+\.(c?js|d\.ts)|docs\/.+|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path) ||
      /(^|\/)(test|tests|bench|node_modules|\.tap)\/|^dist\/tools\/|\.test\./.test(path),
  );
  t.strictSame(strange, []);
});

t.test('nothing in it tells of the machine it was built on', async (t) => {
  const tarball = execFileSync('tar', ['-xzOf', join(folder, filename)], { maxBuffer: 64 * 2 ** 20 }).toString(
    'latin1',
  );
  t.ok(tarball.includes('defineAgent'));
  for (const place of [repo, folder, process.env.HOME ?? '/root']) {
    t.notOk(tarball.includes(`${place}/`), `no ${place}`);
  }
});
