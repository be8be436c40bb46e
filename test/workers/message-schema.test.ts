import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import t from 'tap';
import * as v from 'valibot';
import { z } from 'zod';
import type { DrowseError } from '../../core/errors.ts';
import { validate } from '../../workers/message-schema.ts';

const CODE = 'ERR_DROWSE_INVALID_MESSAGE';

/** The same in each library: a text, the length of another, and some numbers. */
const SCHEMAS: Record<string, StandardSchemaV1> = {
  zod: z.object({ say: z.string(), length: z.string().transform((text) => text.length), marks: z.array(z.number()) }),
  valibot: v.object({
    say: v.string(),
    length: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
    marks: v.array(v.number()),
  }),
  arktype: type({ say: 'string', length: type('string').pipe((text) => text.length), marks: 'number[]' }),
};

/** A schema that finds these faults with everything. */
const finding = (issues: readonly StandardSchemaV1.Issue[]): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) },
});

const refusal = (schema: StandardSchemaV1, message: unknown): Promise<DrowseError> =>
  validate(schema, message, 'a/b').then(
    () => t.fail('it was taken'),
    (thrown) => thrown,
  );

for (const [library, schema] of Object.entries(SCHEMAS)) {
  t.test(`a schema of ${library} makes its value of a message, or says where that is wrong`, async (t) => {
    const right = { say: 'a', length: 'four', marks: [1, 2] };
    t.same(await validate(schema, right, 'a/b'), { ...right, length: 4 });
    const error = await refusal(schema, { say: 5, length: 'four', marks: [1, 'two'] });
    t.equal(error.code, CODE);
    // Each has an order of its own.
    t.same(error.issues?.map(({ path }) => path).sort(), [['marks', 1], ['say']]);
    t.match(error.message, /message\.say: .*string/);
    t.match(error.message, /message\.marks\[1\]: .*number/);
    const { issues = [] } = error;
    for (const list of [issues, ...issues.map(({ path }) => path)]) t.equal(list.constructor, Array, 'plain data');
  });
}

t.test('a schema that takes its time is waited for', async (t) => {
  const slow = z.object({ name: z.string().refine(async (name) => name !== 'ada', 'is taken') });
  t.same(await validate(slow, { name: 'ben' }, 'a/b'), { name: 'ben' });
  t.match(await refusal(slow, { name: 'ada' }), { issues: [{ message: 'is taken', path: ['name'] }] });
});

t.test('the whole message is named where no part is meant', async (t) => {
  t.match(await refusal(finding([{ message: 'not this' }]), 1), {
    message: /message: not this/,
    issues: [{ path: [] }],
  });
});

t.test('keys of a path become plain, whatever they are', async (t) => {
  const path = [Symbol('s'), { key: 'a b' }, { key: 2 }, { key: Symbol('t') }];
  const error = await refusal(finding([{ message: 'no', path }]), 1);
  t.same(error.issues, [{ message: 'no', path: ['Symbol(s)', 'a b', 2, 'Symbol(t)'] }]);
  t.match(error.message, /message\["Symbol\(s\)"\]\["a b"\]\[2\]\["Symbol\(t\)"\]: no/);
});

t.test('an error tells the first issues, and carries a hundred', async (t) => {
  const many = Array.from({ length: 250 }, (_, index) => ({ message: 'no', path: [index] }));
  const error = await refusal(finding(many), 1);
  t.equal(error.issues?.length, 100);
  t.match(error.message, /message\[0\]: no; message\[1\]: no; message\[2\]: no; and 247 more\. /);
});
