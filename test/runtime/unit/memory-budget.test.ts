import t from 'tap';
import { MemoryBudget } from '../../../runtime/memory/memory-budget.ts';
import { ManualClock } from '../../../testing/manual-clock.ts';

const MIB = 2 ** 20;

/** A host that takes 100 MiB and 10 MiB for each agent, with a budget of 300 MiB and a target of 250. */
function setUp({ agents = 0, spares = 0, idle = Number.POSITIVE_INFINITY } = {}) {
  const clock = new ManualClock(0);
  const host = { agents: 0, spares: 0, kept: 0, idle, relieved: 0, pressure: [] as number[] };
  const budget = new MemoryBudget({
    clock,
    limits: { limitBytes: 300 * MIB, targetBytes: 250 * MIB },
    measure: () => (100 + 10 * (host.agents + host.spares + host.kept)) * MIB,
    workers: () => host.agents + host.spares,
    evict(count) {
      const going = Math.min(count, host.idle);
      host.agents -= going;
      host.idle -= going;
      // Their memory returns two seconds later.
      host.kept += going;
      clock.after(2_000, () => {
        host.kept -= going;
      });
      return going;
    },
    dropSpares() {
      const { spares } = host;
      host.spares = 0;
      return spares;
    },
    onRelief: () => {
      host.relieved += 1;
    },
    announce: ({ evicted }) => host.pressure.push(evicted),
  });
  budget.start();
  host.agents = agents;
  host.spares = spares;
  return { clock, host, budget };
}

t.test(
  'above the limit so many agents sleep as bring it down to the target, and no more while their memory returns',
  async (t) => {
    const { clock, host, budget } = setUp({ agents: 20 });
    clock.advance(1_000);
    t.strictSame(host.pressure, [], 'at the limit is within it');
    host.agents = 22;
    clock.advance(1_000);
    t.strictSame(host.pressure, [7]);
    t.equal(host.agents, 15);
    t.equal(budget.pressed, true, 'until the memory has returned');
    clock.advance(10_000);
    t.strictSame(host.pressure, [7]);
    t.equal(budget.pressed, false);
    t.equal(host.relieved, 1);
  },
);

t.test('spares go first', async (t) => {
  const { clock, host } = setUp({ agents: 18, spares: 4 });
  clock.advance(1_000);
  t.equal(host.spares, 0);
  t.strictSame(host.pressure, [3], 'and fewer agents for it');
});

t.test('where not enough are idle, it is tried again', async (t) => {
  const { clock, host, budget } = setUp({ agents: 25, idle: 2 });
  clock.advance(1_000);
  t.strictSame(host.pressure, [2 + 0]);
  clock.advance(2_000);
  t.equal(budget.pressed, true);
  host.idle = 10;
  clock.advance(10_000);
  t.equal(budget.pressed, false);
  t.ok(host.agents <= 15 && host.agents >= 13, `${host.agents} are awake`);
});

t.test('it is measured when it is asked, if the last time is not just past', async (t) => {
  const { host, clock, budget } = setUp({});
  host.agents = 21;
  t.equal(budget.isShort(), false);
  clock.advance(100);
  t.equal(budget.pressed, false, 'looking at what is known measures nothing');
  t.equal(budget.isShort(), true);
  t.equal(budget.isAmple(), false);
});

t.test('there is room for a spare while one more is within the target', async (t) => {
  const { clock, host, budget } = setUp({});
  host.agents = 13;
  clock.advance(100);
  t.equal(budget.isAmple(), true);
  host.agents = 15;
  clock.advance(100);
  t.equal(budget.isAmple(), false);
});

t.test('where nobody is idle, that is said once', async (t) => {
  const { clock, host, budget } = setUp({ agents: 25, idle: 0 });
  clock.advance(10_000);
  t.strictSame(host.pressure, [0]);
  t.equal(budget.pressed, true);
});

t.test('many that are about to start count before they have taken anything', async (t) => {
  const { budget } = setUp();
  t.equal(budget.isShort(30), false);
  t.equal(budget.isShort(40), true);
  t.equal(budget.pressed, false, 'nobody is to sleep for them yet');
});
