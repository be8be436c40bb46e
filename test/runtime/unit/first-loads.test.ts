import t from 'tap';
import { FirstLoads } from '../../../runtime/isolates/first-loads.ts';

/** A load that is over when the test says so, and how often it was begun. */
class Load {
  readonly #over = Promise.withResolvers<void>();
  times = 0;

  readonly begin = (): Promise<void> => {
    this.times += 1;
    return this.#over.promise;
  };

  end(): void {
    this.#over.resolve();
  }
}

t.test('of a module in TypeScript the first load is over before the others begin, and is the only one', async (t) => {
  const loads = new FirstLoads();
  const load = new Load();
  const order: string[] = [];
  const passed = ['first', 'second', 'third'].map(async (name) => {
    await loads.pass('file:///agent.ts', load.begin);
    order.push(name);
  });
  await loads.pass('file:///other.js', async () => {});
  t.strictSame(order, []);
  load.end();
  await Promise.all(passed);
  t.strictSame(order, ['first', 'second', 'third']);
  await loads.pass('file:///agent.ts', load.begin);
  t.equal(load.times, 1);
});

t.test('one in JavaScript is waited for by nobody', async (t) => {
  const loads = new FirstLoads();
  const never = new Load();
  void loads.pass('file:///agent.js', never.begin);
  await loads.pass('file:///agent.js', never.begin);
  t.pass('the second went on');
});

t.test('a load that fails is left to the next', async (t) => {
  const loads = new FirstLoads();
  await t.rejects(
    loads.pass('file:///agent.mts', () => Promise.reject(new Error('no such file'))),
    /no such file/,
  );
  const next = new Load();
  next.end();
  await loads.pass('file:///agent.mts', next.begin);
  await loads.pass('file:///agent.mts', next.begin);
  t.equal(next.times, 1);
});
