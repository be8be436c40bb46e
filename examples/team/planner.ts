// Breaks a job into tasks, tells each to a worker, gathers what they tell back. Everything told is part of a turn and on disk
// with it: a host that is killed at any moment goes on where it was, and no result is counted twice.
import { type AgentContext, defineAgent } from 'drowse/agent';

const WORKERS = 4;

interface Plan {
  tasks: { readonly what: string; result?: string }[];
  report?: string;
}

/** A job, from outside; what a worker made of a task; an alarm; a question. */
type Message =
  | { plan: string | string[]; withinMs?: number }
  | { task: number; result: string }
  | { late: number }
  | { status: true };

export default defineAgent({
  initialState: (): Plan => ({ tasks: [] }),

  receive(agent, message: Message) {
    // A planner has one plan: sent again, it changes nothing.
    if ('plan' in message && agent.state.tasks.length === 0)
      begin(agent, message.plan, message.withinMs ?? 10 * 60_000);
    if ('result' in message) settle(agent, message.task, message.result);
    if ('late' in message) settle(agent, message.late, 'nobody answered in time');
    return progressOf(agent.state);
  },
});

function begin(agent: AgentContext<Plan>, plan: string | string[], withinMs: number): void {
  // Where a model would be asked to break the job up.
  const steps = ['what is known of', 'who needs', 'what it costs to have', 'what goes wrong with', 'what comes after'];
  const tasks = typeof plan === 'string' ? steps.map((step) => `${step} ${plan}`) : plan;
  if (!(tasks.length > 0)) throw new Error('A plan is a topic, or a list of one task and more.');
  agent.state.tasks = tasks.map((what) => ({ what }));
  for (const [task, what] of tasks.entries()) {
    agent.tell(`worker/${task % WORKERS}`, { task, what, planner: agent.id });
    agent.alarm(withinMs, { late: task }, { name: `task ${task}` });
  }
}

function settle(agent: AgentContext<Plan>, number: number, result: string): void {
  const { tasks } = agent.state;
  const task = tasks[number];
  if (task === undefined || task.result !== undefined) return;
  task.result = result;
  agent.cancelAlarm(`task ${number}`);
  if (progressOf(agent.state).done < tasks.length) return;
  agent.state.report = tasks.map(({ what, result }) => `${what}: ${result}`).join('\n');
}

function progressOf({ tasks, report }: Plan) {
  const done = tasks.filter(({ result }) => result !== undefined).length;
  return { done, of: tasks.length, report };
}
