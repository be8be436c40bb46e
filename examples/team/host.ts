// Starts a plan, or goes on with the one that it finds in its directory, and prints how far it is.
import { extname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Supervisor } from 'drowse';
import type planner from './planner.ts';

const module = (name: string) => new URL(`./${name}${extname(import.meta.filename)}`, import.meta.url);

await using supervisor = await Supervisor.open({
  directory: process.argv[2] ?? './data/team',
  agents: { planner: module('planner'), worker: { module: module('worker'), env: ['WORK_MS'] } },
});

const demo = supervisor.agent<typeof planner>('planner/demo');
let progress = await demo.send({ plan: 'tea' });
for (let shown = -1; ; progress = await demo.send({ status: true })) {
  if (progress.done > shown) console.log(`${progress.done} of ${progress.of} tasks are done`);
  shown = progress.done;
  if (progress.report !== undefined) break;
  await wait(50);
}
console.log(progress.report);
