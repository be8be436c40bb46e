import type { AgentId } from '../../core/agent-id.ts';
import type { Pending } from '../../storage/messages.ts';
import type { Stored } from '../../storage/store.ts';
import type { Agent } from '../agent.ts';
import { kindOf } from '../incarnation/turn-trace.ts';
import { showChain } from '../messages/chain.ts';
import type { Delivery } from '../messages/delivery.ts';
import { dueAlarms, told } from '../messages/pending-message.ts';
import type { AgentInfo, AgentStatus, AwakeInfo, InboxInfo } from './agent-info.ts';

/** What was asked of an agent's worker. */
export interface Asked {
  readonly heap: { readonly used: number; readonly external: number } | undefined;
  readonly cpuMs: number | undefined;
}

/** Asks the worker of an agent that has one. */
export async function ask(agent: Agent | undefined): Promise<Asked> {
  const isolate = agent?.incarnation?.isolate;
  const [heap, cpuMs] = await Promise.all([isolate?.heap(), isolate?.cpuMs()]);
  return { heap, cpuMs };
}

/** Looks at an awake agent without touching its idle clock. */
export function inspectAwake(agent: Agent, { heap, cpuMs }: Asked, now: number): AwakeInfo {
  const { incarnation } = agent;
  const pulse = incarnation?.isolate?.pulse;
  const mb = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;
  return {
    epoch: incarnation?.epoch,
    waiting: agent.waiting,
    idleForMs: Math.round(agent.activity.idleForMs),
    idleTimeoutMs: agent.activity.timeoutMs,
    turnForMs: since(pulse?.runningSince, now),
    turnOf: turnOf(incarnation?.turns.running),
    keptAwake: incarnation?.turns.keptAwake ?? false,
    cpuMs: cpuMs === undefined ? undefined : Math.round(cpuMs),
    heartbeatAgeMs: since(incarnation?.isolate?.lastBeat() || undefined, now),
    crashes: agent.restarts.crashes,
    output: incarnation?.output.last,
    memory: heap && { heapUsedMb: mb(heap.used), externalMb: mb(heap.external) },
  };
}

function turnOf(delivery: Delivery | undefined): AwakeInfo['turnOf'] {
  if (delivery === undefined) return undefined;
  return { kind: kindOf(delivery), chain: delivery.chain };
}

/** What waits for an agent. */
export function inspectInbox(pending: Pending, now: number): InboxInfo {
  const waiting = [...dueAlarms(pending, now), ...told(pending)];
  const tried = waiting.find(({ attempts }) => attempts.some(({ cause }) => cause !== undefined));
  const alarms = [...pending.alarms].sort((a, b) => a.at - b.at);
  return {
    waiting: waiting.length,
    more: pending.more,
    retrying: tried && { id: String(tried.number), attempts: tried.attempts, retryAt: tried.retryAt },
    alarms: alarms.map(({ name, at, every, cron }) => ({
      name,
      at,
      repeats: every === undefined ? cron : `every ${every} ms`,
    })),
  };
}

/** What is known of an agent, put together. */
export function describe(
  { full: id, type, key }: AgentId,
  found: Pick<AgentInfo, 'status' | 'quarantine' | 'inbox' | 'awake'> & {
    stored: Pick<Stored, 'sequence' | 'createdAt'> | undefined;
    sweepIntervalMs: number;
  },
): AgentInfo {
  const { status, stored, quarantine, inbox, awake } = found;
  return {
    id,
    type,
    key,
    status,
    why: why(status, found),
    sequence: stored?.sequence ?? 0,
    createdAt: stored?.createdAt,
    quarantine: quarantine && { at: quarantine.at, cause: quarantine.cause, crashes: quarantine.crashes },
    inbox,
    awake,
  };
}

/** Why an agent stands where it does. */
function why(
  status: AgentStatus,
  {
    awake,
    inbox,
    quarantine,
    sweepIntervalMs,
  }: Pick<AgentInfo, 'awake' | 'inbox' | 'quarantine'> & { sweepIntervalMs: number },
): string {
  if (quarantine) return `quarantined: it crashed ${quarantine.crashes} times in a row, the last: ${quarantine.cause}`;
  if (awake === undefined || status === 'dormant' || status === 'quarantined') {
    if (inbox.waiting === 0) return 'asleep: on disk only';
    return 'asleep, though durable messages wait: it is about to be woken, or could not be started, of which the log tells';
  }
  const messages = awake.waiting === 1 ? '1 message waits or runs' : `${awake.waiting} messages wait or run`;
  switch (status) {
    case 'starting':
      return `awake: its thread is loading its state; ${messages}`;
    case 'stopping':
      return `going to sleep or ending; ${messages}`;
    case 'backoff':
      return awake.crashes === 0
        ? 'without a thread: a durable message waits for its next attempt'
        : `crashed ${awake.crashes} times in a row and waits before it is started again; ${messages}`;
    case 'active':
      if (awake.turnForMs !== undefined)
        return `awake: a turn${cause(awake)} has been running for ${awake.turnForMs} ms; ${messages}`;
      if (awake.waiting > 0) return `awake: ${messages}`;
      if (awake.keptAwake) return 'awake: for a promise that keepAwake() was given';
      return `awake: idle for ${awake.idleForMs} of ${awake.idleTimeoutMs} ms; idle agents are looked for every ${sweepIntervalMs} ms`;
  }
}

function cause({ turnOf }: AwakeInfo): string {
  return turnOf === undefined || turnOf.chain.length === 0
    ? ''
    : ` of a ${turnOf.kind} from ${showChain(turnOf.chain)}`;
}

function since(time: number | undefined, now: number): number | undefined {
  return time === undefined ? undefined : Math.max(0, now - time);
}
