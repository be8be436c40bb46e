// Counts its messages, and does what an agent must not do when it is told to.
import { defineAgent } from 'drowse/agent';

/** What a message to it asks for. */
export type Fault = 'throw' | 'reject' | 'exit' | 'loop' | 'hoard' | 'print';

export default defineAgent({
  initialState: () => ({ count: 0 }),

  async receive(agent, message: { fault?: Fault }) {
    agent.state.count += 1;
    if (message.fault) await faults[message.fault]();
    return { count: agent.state.count };
  },
});

const never = new Promise<void>(() => {});

const faults: Readonly<Record<Fault, () => unknown>> = {
  throw() {
    throw new Error('as it was told to');
  },
  reject() {
    void Promise.reject(new Error('which nobody handles'));
    return never;
  },
  exit: () => process.exit(1),
  loop() {
    for (;;);
  },
  hoard() {
    const entries = new Map<number, number[]>();
    for (let n = 0; ; n += 1) entries.set(n, [n, n, n, n]);
  },
  print() {
    for (let n = 0; n < 2_000; n += 1) console.log('x'.repeat(1_000));
    throw new Error('it has printed enough');
  },
};
