import { spawnSync } from 'node:child_process';
import t from 'tap';
import { FREE_ENDED_THREADS, type PageFacts, pageReturnOf } from '../../core/page-return.ts';

const GLIBC = '7f1 r-xp 0 fe:00 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n';

const GOOD: PageFacts = { node: 26, execArgv: [FREE_ENDED_THREADS], maps: GLIBC, mallocConf: '', ffi: true };

const missing = (facts: Partial<PageFacts>) => pageReturnOf({ ...GOOD, ...facts }).missing.map(({ what }) => what);

t.test('with the flag, glibc and node:ffi nothing is missing', async (t) => {
  t.same(pageReturnOf(GOOD), { v8Flag: true, allocator: 'glibc', trim: true, missing: [] });
});

t.test('Node 26 needs its flag, of which the last one counts, however it is spelt', async (t) => {
  t.match(missing({ execArgv: [] }), [/V8 keeps the pages/]);
  t.match(missing({ execArgv: [FREE_ENDED_THREADS, '--memory-pool-share-memory-on-teardown'] }), [/V8 keeps/]);
  t.same(missing({ execArgv: ['--no_memory_pool_share_memory_on_teardown', '--expose-gc'] }), []);
});

t.test('an older Node needs no flag, and has nothing to trim glibc with', async (t) => {
  const { v8Flag, trim, missing } = pageReturnOf({ ...GOOD, node: 24, execArgv: [], ffi: false });
  t.match({ v8Flag, trim, missing }, { v8Flag: true, trim: false, missing: [{ remedy: /^Node 26/ }] });
});

t.test('node:ffi that may not be used trims nothing', async (t) => {
  t.match(missing({ ffi: false }), [/node:ffi may not be used/]);
});

t.test('jemalloc has to be told to give back at once', async (t) => {
  const maps = `${GLIBC}7f2 r-xp 0 fe:00 2 /usr/lib/x86_64-linux-gnu/libjemalloc.so.2\n`;
  t.equal(pageReturnOf({ ...GOOD, maps }).allocator, 'jemalloc');
  t.match(missing({ maps }), [/jemalloc/]);
  t.same(missing({ maps, mallocConf: 'background_thread:true,dirty_decay_ms:0,muzzy_decay_ms:0' }), []);
});

t.test('musl, other allocators and other systems cannot be asked', async (t) => {
  for (const maps of ['', '7f1 r-xp 0 fe:00 1 /lib/ld-musl-x86_64.so.1\n', `${GLIBC}7f2 /lib/libmimalloc.so.2\n`]) {
    t.equal(pageReturnOf({ ...GOOD, maps }).allocator, 'other');
    t.match(missing({ maps }), [/this allocator/]);
  }
});

t.test('a process knows of its own flag', { skip: !process.versions.node.startsWith('26.') }, async (t) => {
  const url = new URL('../../core/page-return.ts', import.meta.url);
  const script = `import { pageReturn } from '${url}'; console.log(pageReturn().v8Flag)`;
  const told = (flags: string[]) =>
    spawnSync(process.execPath, [...flags, '-e', script], { env: {} }).stdout.toString();
  t.equal(told([]), 'false\n');
  t.equal(told([FREE_ENDED_THREADS]), 'true\n');
});
