import t from 'tap';
import { memoryLimit } from '../../core/memory-limit.ts';

const GIB = 2 ** 30;

/** A system of which these files can be read. */
const system = (files: Readonly<Record<string, string>>) => (path: string) => files[path];

t.test('a group without a limit leaves the memory of the machine', async (t) => {
  const read = system({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': 'max\n' });
  t.same(memoryLimit(read, 8 * GIB), { bytes: 8 * GIB, source: 'machine' });
  t.same(memoryLimit(system({}), 8 * GIB), { bytes: 8 * GIB, source: 'machine' });
});

t.test('the tightest group on the way up holds', async (t) => {
  const read = system({
    '/proc/self/cgroup': '0::/pods/one/main\n',
    '/sys/fs/cgroup/pods/one/main/memory.max': `${2 * GIB}\n`,
    '/sys/fs/cgroup/pods/one/memory.max': `${GIB}\n`,
    '/sys/fs/cgroup/pods/memory.max': 'max\n',
  });
  t.same(memoryLimit(read, 8 * GIB), { bytes: GIB, source: 'container' });
});

t.test('where a group throttles before its limit, that is the limit', async (t) => {
  const read = system({
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': `${2 * GIB}\n`,
    '/sys/fs/cgroup/memory.high': `${GIB}\n`,
  });
  t.same(memoryLimit(read, 8 * GIB), { bytes: GIB, source: 'container' });
});

t.test('version 1 is read as well, also in a container that is told its path outside', async (t) => {
  const read = system({
    '/proc/self/cgroup': '9:cpu,cpuacct:/docker/9f\n4:memory:/docker/9f\n0::/docker/9f\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${GIB}\n`,
  });
  t.same(memoryLimit(read, 8 * GIB), { bytes: GIB, source: 'container' });
});

t.test('a limit beyond the machine is none', async (t) => {
  const read = system({
    '/proc/self/cgroup': '4:memory:/\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  });
  t.same(memoryLimit(read, 8 * GIB), { bytes: 8 * GIB, source: 'machine' });
});

t.test('this machine has a limit too', async (t) => {
  const { bytes, source } = memoryLimit();
  t.ok(bytes > 0);
  t.match(source, /^(container|machine)$/);
});
