// Does one task at a time, whoever planned it; what is told meanwhile waits on disk.
import { setTimeout as wait } from 'node:timers/promises';
import { defineAgent } from 'drowse/agent';

interface Task {
  task: number;
  what: string;
  planner: string;
}

export default defineAgent({
  initialState: () => ({ done: [] as string[] }),

  async receive(agent, { task, what, planner }: Task) {
    const result = await work(what, agent.signal);
    agent.state.done.push(what);
    agent.tell(planner, { task, result });
  },
});

/**
 * Stands where a model would be called. The call is outside the turn: where a kill comes in the middle of it, the task is begun
 * again and the model asked once more, but its result is kept and told once.
 */
async function work(what: string, signal: AbortSignal): Promise<string> {
  const { WORK_MS = '2000' } = process.env;
  await wait(Number(WORK_MS) * (0.5 + Math.random()), undefined, { signal });
  return `${what.length} letters of thought`;
}
