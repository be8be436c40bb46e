import t from 'tap';
import { shownCheckup } from '../../../cli/doctor/shown-checkup.ts';
import { check, checkupOf, GIB, place, served } from './made-up.ts';

t.test('a machine at which nothing is wrong is bounded by its memory', async (t) => {
  const { checks, agents, boundBy, bad } = checkupOf();
  t.same(new Set(checks.map(({ status }) => status)), new Set(['ok']));
  t.match({ boundBy, bad }, { boundBy: 'memory', bad: 0 });
  t.ok(agents > 2_000 && agents < 16 * 1_024, `${agents}`);
});

t.test('the least of the limits bounds it, and is named with the number', async (t) => {
  const low = checkupOf({ openFiles: 256 });
  t.match(low, { agents: 38, boundBy: 'descriptors', bad: 1 });
  t.match(shownCheckup(low), /^bad +descriptors .*256.*\n +ulimit -n 65536/m);
  t.match(shownCheckup(low), /Some 38 small agents can be awake at once, bounded by descriptors\. Bad: 1\.$/);
  t.match(checkupOf({ openFiles: 256, maxMaps: 1_700 }), { agents: 10, boundBy: 'memory maps', bad: 2 });
});

t.test('a limit that a line raises is warned of where it is met before the memory', async (t) => {
  const maxMaps = 65_530;
  t.match(check('memory maps', { maxMaps }), { status: 'warn', agents: 1_605, remedy: /^sudo sysctl -w vm\.max_map/ });
  const small = { maxMaps, memory: { bytes: 4 * GIB, source: 'container' } } as const;
  t.match(check('memory maps', small), { status: 'ok', agents: 1_605, remedy: undefined });
});

t.test('no limit, and one that the system does not tell, bound nothing', async (t) => {
  for (const openFiles of [Number.POSITIVE_INFINITY, undefined])
    t.match(check('descriptors', { openFiles }), { status: 'ok', agents: undefined });
  t.match(check('memory maps', { maxMaps: undefined }), { status: 'ok', agents: undefined });
  t.match(check('threads', { threads: [] }), { status: 'ok', agents: undefined });
});

t.test('of the limits to threads the tightest counts, with its own remedy', async (t) => {
  const threads = [
    { by: 'kernel.pid_max', left: 32_000, remedy: 'one' },
    { by: 'pids.max', left: 100, remedy: 'two' },
  ];
  // 64 threads of libuv and 16 more are the host's own.
  t.match(check('threads', { threads }), { status: 'bad', agents: 20, found: /^pids\.max leaves 100/, remedy: 'two' });
  t.match(check('threads', { threads, threadPool: '4' }), { agents: 80, status: 'warn' });
});

t.test('a small container holds few agents, a tiny one none', async (t) => {
  const mib = (mebibytes: number) => ({ memory: { bytes: mebibytes * 2 ** 20, source: 'container' as const } });
  t.match(check('memory', mib(1_024)), { status: 'ok', agents: 130 });
  t.match(check('memory', mib(256)), { status: 'warn', agents: 21, remedy: /--memory/ });
  t.match(check('memory', mib(64)), { status: 'bad', agents: 0, found: /^64 MiB of the container/ });
});

t.test('an older Node has larger agents', async (t) => {
  t.match(check('node', { node: '24.21.0' }), { status: 'warn', remedy: /node@26/ });
  t.match(check('node', { node: '28.0.0' }), { status: 'ok' });
  const agents = (node: string) => check('memory', { node })?.agents ?? 0;
  t.ok(agents('24.21.0') < agents('26.10.0'));
});

t.test('an allocator that keeps memory is warned of', async (t) => {
  const musl = { served: served({ maps: '7f1 r-xp 0 fe:00 1 /lib/ld-musl-x86_64.so.1\n' }) };
  t.match(check('allocator', musl), { status: 'warn', found: /this allocator/, remedy: /glibc/ });
  t.match(check('allocator', { served: served({ ffi: false }) }), { status: 'warn', remedy: /--allow-ffi/ });
  const jemalloc = '7f1 r-xp 0 fe:00 1 /usr/lib/libjemalloc.so.2\n';
  t.match(check('allocator', { served: served({ maps: jemalloc }) }), { status: 'warn', remedy: /^MALLOC_CONF=/ });
  const mallocConf = 'dirty_decay_ms:0,muzzy_decay_ms:0';
  t.match(check('allocator', { served: served({ maps: jemalloc, mallocConf }) }), { status: 'ok', found: /^jemalloc/ });
});

t.test('a plain host is told which flag and which pool it lacks', async (t) => {
  t.match(check('thread pool', {}), { status: 'ok', remedy: 'export UV_THREADPOOL_SIZE=64' });
  t.match(check('v8 flag', {}), { status: 'ok', remedy: /^node --no-memory-pool-share-memory-on-teardown / });
  t.match(check('v8 flag', { served: served({ execArgv: [] }) }), { status: 'warn' });
  t.match(check('v8 flag', { node: '24.21.0' }), { status: 'ok', remedy: undefined });
});

t.test('a pool made small is warned of, read as libuv reads it', async (t) => {
  t.match(check('thread pool', { threadPool: '4' }), { status: 'warn', found: /^4 threads/ });
  t.match(check('thread pool', { threadPool: 'many' }), { status: 'warn', found: /^1 threads/ });
  t.match(check('thread pool', { threadPool: '5000' }), { status: 'ok', found: /^1024 threads/ });
});

t.test('a disk that is full, out of inodes or not to be written to is bad', async (t) => {
  t.match(check('disk', place({ freeBytes: GIB / 2 })), { status: 'warn', found: /^512 MiB free/ });
  t.match(check('disk', place({ freeBytes: 0 })), { status: 'bad' });
  t.match(check('disk', place({ writable: false })), { status: 'bad', remedy: /chown .* '\/srv\/data'$/ });
  t.match(check('inodes', place({ freeInodes: 5_000 })), { status: 'warn' });
  t.match(check('inodes', place({ freeInodes: 3 })), { status: 'bad' });
  t.match(check('inodes', place({ freeInodes: undefined })), { status: 'ok' });
});

t.test('a file system that keeps less than it promises is warned of', async (t) => {
  for (const fileSystem of ['tmpfs', 'overlay', 'nfs4', '9p', 'fuse.sshfs'])
    t.match(check('file system', place({ fileSystem })), { status: 'warn', remedy: /--directory/ }, fileSystem);
  for (const fileSystem of ['ext4', 'xfs', 'btrfs', 'zfs', undefined])
    t.match(check('file system', place({ fileSystem })), { status: 'ok' }, `${fileSystem}`);
});

t.test('a clock before drowse was written is bad, and one before the last write is warned of', async (t) => {
  const now = Date.UTC(2026, 10, 2);
  const clock = (differs: object) =>
    check('clock', { clock: { now, writtenAt: now, synchronised: undefined, ...differs } });
  t.match(clock({}), { status: 'ok', found: /not known/ });
  t.match(clock({ synchronised: true }), { status: 'ok', found: /; synchronised$/ });
  t.match(clock({ now: 0 }), { status: 'bad', found: /^1970/ });
  t.match(clock({ writtenAt: now + 3_600_000 }), { status: 'warn' });
});

t.test('less than one core is warned of', async (t) => {
  t.match(check('cores', { cores: { machine: 8, quota: 0.5 } }), { status: 'warn', found: /^0\.5 of 8/ });
  t.match(check('cores', { cores: { machine: 8, quota: 2 } }), { status: 'ok', found: /^2 of 8/ });
  t.match(check('cores', { cores: { machine: 2, quota: 4 } }), { status: 'ok', found: '2' });
});
