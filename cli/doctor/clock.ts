import { existsSync } from 'node:fs';

/** The wall clock, by which alarms are due. */
export interface Clock {
  /** Milliseconds since 1970, like all moments here. */
  readonly now: number;
  /** When the directory was last written to, by the clock of that time. */
  readonly writtenAt: number | undefined;
  /** True where a time service says so. Linux has a call that tells it of any, out of reach of Node. */
  readonly synchronised: true | undefined;
}

/** Made by systemd-timesyncd once it has set the clock. */
const SYNCHRONISED = '/run/systemd/timesync/synchronized';

/** Reads the clock. */
export function clock(writtenAt: number | undefined): Clock {
  return { now: Date.now(), writtenAt, synchronised: existsSync(SYNCHRONISED) || undefined };
}
