import { accessSync, constants, existsSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Where agents are kept, or would be. */
export interface Place {
  readonly directory: string;
  /** The directory itself, or the nearest one above it that exists. */
  readonly at: string;
  /** It is a directory, and files may be made in it. */
  readonly writable: boolean;
  readonly freeBytes: number;
  /** How many files can be made; undefined where the file system has no such number. */
  readonly freeInodes: number | undefined;
  /** Its type, such as `ext4`; undefined where the system does not tell. */
  readonly fileSystem: string | undefined;
  /** When something was last made or removed in the directory, in milliseconds since 1970. */
  readonly writtenAt: number | undefined;
}

/** Looks at a directory; `mountinfo` is the text of /proc/self/mountinfo. */
export function placeOf(directory: string, mountinfo: string): Place {
  const path = resolve(directory);
  const at = realpathSync(nearest(path));
  const { bavail, bsize, files, ffree } = statfsSync(at);
  return {
    directory,
    at,
    writable: isWritable(at),
    freeBytes: bavail * bsize,
    freeInodes: files > 0 ? ffree : undefined,
    fileSystem: fileSystemOf(at, mountinfo),
    writtenAt: existsSync(path) ? statSync(path).mtimeMs : undefined,
  };
}

/** The type of the file system that a path lies on. Of mounts over one another, the last one counts. */
export function fileSystemOf(path: string, mountinfo: string): string | undefined {
  let best = { point: '', type: undefined as string | undefined };
  for (const line of mountinfo.split('\n')) {
    // "36 35 98:0 / /var/lib rw,noatime master:1 - ext4 /dev/vda rw"
    const [mount = '', source = ''] = line.split(' - ');
    const point = (mount.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, code) =>
      String.fromCharCode(parseInt(code, 8)),
    );
    const holds = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point !== '' && holds && point.length >= best.point.length) best = { point, type: source.split(' ')[0] };
  }
  return best.type;
}

function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
