import t from 'tap';
import { Random } from '../random.ts';
import { testFolder } from '../test-folder.ts';
import { overlaps } from './poison-journal.ts';
import { tryPoison } from './poison-trial.ts';

const TRIALS = Number(process.env.TRIALS ?? 4);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

t.test(`${TRIALS} times, messages that end the host are given up, and no others (SEED=${SEED})`, async (t) => {
  const random = new Random(SEED);
  const directory = testFolder(t);
  for (let trial = 1; trial <= TRIALS; trial += 1) {
    const names = Array.from({ length: 1 + random.below(3) }, (_, n) => `suspect/poison-${n}`);
    const poisons = Object.fromEntries(names.map((name) => [name, random.pick(['die', 'dieLater'] as const)]));
    const suspects = Array.from({ length: 1 + random.below(12) }, (_, n) => `suspect/${n}`);
    const bystanders = Array.from({ length: 4 + random.below(20) }, (_, n) => `suspect/bystander-${n}`);
    const tells = Math.ceil(100 / bystanders.length);
    const cast = { poisons, suspects, bystanders, tells };
    const { deaths, letters, done, lines } = await tryPoison(
      `${directory}/${trial}`,
      `${directory}/${trial}.txt`,
      cast,
    );
    t.ok(deaths >= 3 && deaths <= 3 * names.length, `trial ${trial}: ${names.length} of them ended ${deaths} hosts`);
    t.same(
      letters.map(({ agentId }) => agentId),
      names,
      'they are dead',
    );
    for (const { attempts } of letters) {
      t.match(attempts, Array(3).fill({ cause: 'The host ended during this attempt.' }), 'after three attempts');
    }
    const expected = [
      ...suspects.map((agent) => [agent, 1]),
      ...bystanders.map((agent) => [agent, tells]),
      // The turn that sets the alarm is harmless.
      ...names.map((agent) => [agent, poisons[agent] === 'dieLater' ? 1 : 0]),
    ];
    t.same(done, Object.fromEntries(expected), 'and all others were processed once');
    const journal = overlaps(lines);
    t.same(journal.wrong, [], 'what had begun resumed one at a time');
    t.ok(journal.resumed >= suspects.length + 2, `${journal.resumed} turns of it`);
  }
});
