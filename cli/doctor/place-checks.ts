import { type Check, count, size } from './check.ts';
import type { Facts } from './facts.ts';

/** LevelDB writes what it compacts anew before it deletes the old: files of a few MiB, many at a time. */
const TIGHT_BYTES = 2 ** 30;
const TOO_TIGHT_BYTES = 64 * 2 ** 20;

const TIGHT_INODES = 10_000;
const TOO_TIGHT_INODES = 100;

const IN_MEMORY = ['tmpfs', 'ramfs', 'rootfs'];
const REMOTE = /^(nfs|cifs|smb|9p|fuse\.(sshfs|s3fs|gcsfuse)|ceph|glusterfs|lustre)/;

const ELSEWHERE = '--directory DIR, on a disk';

export function disk({ place }: Facts): Check {
  const name = 'disk';
  const { directory, at, writable, freeBytes } = place;
  if (!writable) {
    return {
      name,
      status: 'bad',
      found: `${at} is no directory that may be written to`,
      remedy: `sudo chown $(id -u) '${at}'`,
    };
  }
  const found = `${size(freeBytes)} free for ${directory}`;
  if (freeBytes >= TIGHT_BYTES) return { name, status: 'ok', found };
  const remedy = 'free some space, or --directory DIR elsewhere';
  return { name, status: freeBytes < TOO_TIGHT_BYTES ? 'bad' : 'warn', found, remedy };
}

export function inodes({ place: { freeInodes } }: Facts): Check {
  const name = 'inodes';
  if (freeInodes === undefined) return { name, status: 'ok', found: 'as many as are needed' };
  const found = `${count(freeInodes)} free`;
  if (freeInodes >= TIGHT_INODES) return { name, status: 'ok', found };
  const remedy = 'delete small files, or --directory DIR elsewhere';
  return { name, status: freeInodes < TOO_TIGHT_INODES ? 'bad' : 'warn', found, remedy };
}

/** Whether a reply that is said to be on disk is. */
export function fileSystem({ place: { fileSystem: type } }: Facts): Check {
  const name = 'file system';
  if (type === undefined) return { name, status: 'ok', found: 'not known on this system' };
  if (IN_MEMORY.includes(type)) {
    const found = `${type}: it lives in memory, so what is fsynced is gone with the machine`;
    return { name, status: 'warn', found, remedy: ELSEWHERE };
  }
  if (type === 'overlay') {
    const found = 'overlay: the agents are gone with the container';
    return { name, status: 'warn', found, remedy: 'docker run --volume drowse:/data, and --directory /data' };
  }
  if (REMOTE.test(type)) {
    const found = `${type}: its locks and fsync may promise more than they keep`;
    return { name, status: 'warn', found, remedy: ELSEWHERE };
  }
  return { name, status: 'ok', found: type };
}
