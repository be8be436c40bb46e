import type { Check } from './check.ts';
import type { Facts } from './facts.ts';

/** Before drowse was written. */
const IMPLAUSIBLE_BEFORE = Date.UTC(2026, 0);

/** How far the last write may lie ahead of now: clocks are set back by seconds, not by minutes. */
const SET_BACK_MS = 60_000;

const SYNCHRONISE = 'sudo timedatectl set-ntp true';

/** Alarms are due by it. */
export function wallClock({ clock: { now, writtenAt, synchronised } }: Facts): Check {
  const name = 'clock';
  const time = new Date(now).toISOString();
  if (now < IMPLAUSIBLE_BEFORE) {
    return { name, status: 'bad', found: `${time} is past: alarms would come late`, remedy: SYNCHRONISE };
  }
  if (writtenAt !== undefined && writtenAt > now + SET_BACK_MS) {
    const found = `${time}, but the directory was last written at ${new Date(writtenAt).toISOString()}`;
    return { name, status: 'warn', found, remedy: SYNCHRONISE };
  }
  return {
    name,
    status: 'ok',
    found: `${time}; ${synchronised ? 'synchronised' : 'whether synchronised is not known'}`,
  };
}

export function cpu({ cores: { machine, quota } }: Facts): Check {
  const name = 'cores';
  if (quota === undefined || quota >= machine) return { name, status: 'ok', found: String(machine) };
  const found = `${quota} of ${machine}, by the control group`;
  if (quota >= 1) return { name, status: 'ok', found };
  const why = 'threads that wait for their share look as if they hang';
  return { name, status: 'warn', found: `${found}: ${why}`, remedy: 'docker run --cpus 1' };
}
