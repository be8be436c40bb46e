import { bytesOf, type Packed } from '../../core/codec.ts';
import type { Step, Told } from '../../storage/messages.ts';
import type { Effects } from '../../workers/protocol.ts';
import type { Hosting } from '../hosting.ts';
import { keptChain, NOBODY } from './chain.ts';
import type { Delivery } from './delivery.ts';
import type { Inbox } from './inbox.ts';

/** What one turn changes beside the state. It is stored with it, in one write. */
export interface TurnRecord {
  readonly steps: readonly Step[];
  /** To be called once it is stored: wakes whom it concerns. */
  readonly release: () => void;
}

const NOTHING: TurnRecord = { steps: [], release() {} };

/** The message that caused a turn is over, what it tells lands in inboxes, its alarms are set, its reply is kept under its key. */
export function recordOf(
  agentId: string,
  turn: { effects: Effects | undefined; delivery?: Delivery; reply?: Packed },
  inbox: Inbox,
  hosting: Hosting,
): TurnRecord {
  const { effects, delivery, reply } = turn;
  if (effects === undefined && delivery?.durable === undefined && delivery?.once === undefined) return NOTHING;
  const { store, settings } = hosting;
  const now = settings.clock.now();
  const steps: Step[] = delivery?.durable ? inbox.settle(delivery.durable) : [];
  const told: { to: string; told: Told }[] = [];
  const chain = keptChain(delivery?.chain ?? NOBODY, agentId);
  for (const { to, body } of effects?.tells ?? []) {
    const number = to === agentId ? hosting.ownNumber(agentId) : store.messages.nextNumber();
    told.push({ to, told: { number, at: now, body, chain } });
  }
  steps.push(...told.map(({ to, told }) => ({ kind: 'tell', agentId: to, told }) as const));
  steps.push(...inbox.schedule.order(effects?.alarms ?? [], now));
  if (delivery?.once && reply !== undefined) {
    const answer = { ...delivery.once, number: hosting.ownNumber(agentId), at: now, reply: bytesOf(reply) };
    steps.push({ kind: 'answer', agentId, answer });
  }
  return {
    steps,
    release: () => {
      for (const { to, told: message } of told) hosting.told(to, message);
      for (const step of steps) {
        if (step.kind === 'alarm') hosting.alarms.set(step.alarm.at);
        else if (step.kind === 'answer') hosting.retention.answered(agentId);
      }
    },
  };
}
