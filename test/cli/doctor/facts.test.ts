import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cores } from '../../../cli/doctor/cores.ts';
import { fileSystemOf, placeOf } from '../../../cli/doctor/place.ts';
import { threadLimits } from '../../../cli/doctor/process-limits.ts';
import { testFolder } from '../../test-folder.ts';

/** A system of which these files can be read. */
const system = (files: Readonly<Record<string, string>>) => (path: string) => files[path];

t.test('a path lies on the file system mounted nearest above it, and last', async (t) => {
  const mountinfo = [
    '22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw',
    '23 22 0:5 / /srv rw - xfs /dev/vdb rw',
    '24 22 0:6 / /srv/my\\040data rw - tmpfs none rw',
    '25 22 0:7 / /srv rw - btrfs /dev/vdc rw',
    '',
  ].join('\n');
  t.equal(fileSystemOf('/home/ada', mountinfo), 'ext4');
  t.equal(fileSystemOf('/srv', mountinfo), 'btrfs');
  t.equal(fileSystemOf('/srvice', mountinfo), 'ext4');
  t.equal(fileSystemOf('/srv/my data/agents', mountinfo), 'tmpfs');
  t.equal(fileSystemOf('/', ''), undefined);
});

t.test('a directory that is not there yet is looked at where it would be made', async (t) => {
  const directory = testFolder(t, { file: '' });
  const there = placeOf(directory, '');
  t.match(there, { at: directory, writable: true, writtenAt: Number });
  t.ok(there.freeBytes > 0);
  t.match(placeOf(join(directory, 'a/b'), ''), { at: directory, writable: true, writtenAt: undefined });
  writeFileSync(join(directory, 'file'), '');
  t.match(placeOf(join(directory, 'file/data'), ''), { at: join(directory, 'file'), writable: false });
});

t.test('threads there are already are taken off the limits', async (t) => {
  const limits = threadLimits(
    system({
      '/proc/loadavg': '0.40 0.20 0.10 2/523 4711\n',
      '/proc/sys/kernel/threads-max': '10000\n',
      '/proc/sys/kernel/pid_max': '32768\n',
      '/proc/self/cgroup': '0::/one\n',
      '/sys/fs/cgroup/one/pids.max': '200\n',
      '/sys/fs/cgroup/one/pids.current': '50\n',
      '/sys/fs/cgroup/pids.max': 'max\n',
    }),
  );
  const left = Object.fromEntries(limits.map(({ by, left }) => [by, left]));
  t.match(left, { 'kernel.threads-max': 9_477, 'kernel.pid_max': 32_245, 'pids.max': 150 });
});

t.test('a quota of cores is read from groups of either version, the tightest of them', async (t) => {
  const two = { '/proc/self/cgroup': '0::/a\n', '/sys/fs/cgroup/a/cpu.max': 'max 100000\n' };
  t.equal(cores(system(two)).quota, undefined);
  t.equal(cores(system({ ...two, '/sys/fs/cgroup/cpu.max': '50000 100000\n' })).quota, 0.5);
  const one = { '/proc/self/cgroup': '3:cpu,cpuacct:/\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' };
  t.equal(cores(system({ ...one, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n' })).quota, undefined);
  t.equal(cores(system({ ...one, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '150000\n' })).quota, 1.5);
});
