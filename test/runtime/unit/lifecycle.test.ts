import t from 'tap';
import { type LifecycleEvent, type LifecycleState, next } from '../../../runtime/lifecycle/lifecycle.ts';

const STATES: LifecycleState[] = ['dormant', 'starting', 'active', 'stopping', 'backoff'];
const EVENTS: LifecycleEvent[] = ['wake', 'ready', 'sleep', 'stay', 'crash', 'stop', 'wait', 'end'];

const ALLOWED: Record<string, LifecycleState> = {
  'dormant wake': 'starting',
  'dormant stop': 'stopping',
  'starting ready': 'active',
  'starting crash': 'backoff',
  'starting stop': 'stopping',
  'starting wait': 'backoff',
  'starting end': 'dormant',
  'active sleep': 'stopping',
  'active crash': 'backoff',
  'active stop': 'stopping',
  'active wait': 'backoff',
  'active end': 'dormant',
  'stopping stay': 'active',
  'stopping wait': 'backoff',
  'stopping end': 'dormant',
  'backoff wake': 'starting',
  'backoff stop': 'stopping',
  'backoff wait': 'backoff',
  'backoff end': 'dormant',
};

for (const state of STATES) {
  t.test(`an agent that is ${state} takes the events it can take, and no other`, async (t) => {
    for (const event of EVENTS) {
      const to = ALLOWED[`${state} ${event}`];
      if (to) t.equal(next(state, event), to, event);
      else t.throws(() => next(state, event), { message: new RegExp(`is ${state} .* "${event}"`) });
    }
  });
}

t.test('from every state an agent can come to rest', async (t) => {
  for (const state of STATES) {
    const reached = new Set<LifecycleState>([state]);
    for (const from of reached) {
      for (const event of EVENTS) {
        const to = ALLOWED[`${from} ${event}`];
        if (to) reached.add(to);
      }
    }
    t.ok(reached.has('dormant'), state);
  }
});
