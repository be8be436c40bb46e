import t from 'tap';
import { testFolder } from '../test-folder.ts';
import { overlaps } from '../torture/poison-journal.ts';
import { tryPoison } from '../torture/poison-trial.ts';

t.test(
  'a message that ends the host is given up after maxAttempts; those told beside it are processed once',
  async (t) => {
    const directory = testFolder(t);
    const suspects = Array.from({ length: 3 }, (_, n) => `suspect/${n}`);
    const bystanders = Array.from({ length: 10 }, (_, n) => `suspect/bystander-${n}`);
    const cast = { poisons: { 'suspect/poison': 'die' }, suspects, bystanders, tells: 10 } as const;
    const { deaths, letters, done, lines } = await tryPoison(`${directory}/data`, `${directory}/journal.txt`, cast);

    t.equal(deaths, 3);
    t.match(letters, [
      {
        agentId: 'suspect/poison',
        message: { do: 'die' },
        cause: 'The host ended during this attempt.',
        attempts: Array(3).fill({ cause: 'The host ended during this attempt.' }),
      },
    ]);
    t.equal(letters.length, 1);
    t.same(done, {
      ...Object.fromEntries(suspects.map((agent) => [agent, 1])),
      ...Object.fromEntries(bystanders.map((agent) => [agent, 10])),
      'suspect/poison': 0,
    });
    const { resumed, wrong } = overlaps(lines);
    t.same(wrong, [], 'after an unclean end, messages that had begun resume one at a time');
    t.ok(resumed >= suspects.length + 2, `${resumed} turns of it`);
  },
);
