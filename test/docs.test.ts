import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ERROR_CODES } from '../runtime/index.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

t.test('every sentence of docs/semantics.md names tests that exist', (t) => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const sourceOf = (name = '') =>
    files
      .filter((file) => file.split('/').at(-1) === `${name}.test.ts`)
      .map((file) => read(`test/${file}`))
      .join();
  const sentences = read('docs/semantics.md').split(/^- /m).slice(1);
  t.ok(sentences.length > 30);
  for (const sentence of sentences) {
    const proofs = [...sentence.matchAll(/^ {2}\[([\w-]+): ([^\]]+)\]$/gm)];
    t.ok(proofs.length > 0, `a test stands behind: ${sentence.split('\n')[0]}`);
    for (const [, file, title = ''] of proofs) {
      // The crash tests share the end of one title, after the name of the crash.
      const wanted = title.replace(/^.+(?= rejects its own message)/, '');
      t.ok(sourceOf(file).includes(wanted), `${file} has the test "${title}"`);
    }
  }
  t.end();
});

t.test('docs/errors.md is the table of the codes', (t) => {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { retryable, meaning }]) => `| \`${code}\` | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
  );
  const table = read('docs/errors.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  t.same(table, rows);
  t.end();
});

t.test('no document names what only its author has', (t) => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.\w+$/.test(file))
      .map((file) => `docs/${file}`),
  ];
  for (const path of documents)
    t.notMatch(read(path), /\/home\/|\/work\/|\/root\/|registry\.|localhost:\d+\/npm/, path);
  t.end();
});
