import { setImmediate } from 'node:timers/promises';
import { MAX_TIMER_MS } from '../core/clock.ts';
import { within } from '../core/within.ts';
import type { Agent } from '../runtime/agent.ts';
import { Supervisor, type SupervisorOptions } from '../runtime/index.ts';
import { insideOf } from '../runtime/inside.ts';
import { Hung } from '../runtime/isolates/hung.ts';
import type { Delivery } from '../runtime/messages/delivery.ts';
import { checkMs, ManualClock } from './manual-clock.ts';
import { TestDisk } from './test-disk.ts';

/** What {@link Supervisor.open} takes, but for the place and the clock, which are the test's. */
export type TestHostOptions = Omit<SupervisorOptions, 'directory' | 'store' | 'clock' | 'durability'>;

/** Without what takes a test time: spares, and a look at the store every few seconds. */
const DEFAULTS = { spares: 0, storeStallMs: MAX_TIMER_MS };

/** How often in a row everything has to be seen at rest: between two steps of some work nothing shows of it. */
const LOOKS = 3;
/** After how much real time a test is told that it waits for the clock. */
const WARN_AFTER_MS = 1_000;
/** For how long of real time a turn is waited for. */
const PATIENCE_MS = 5_000;
/** For how long of real time what is cancelled by a close may take to end by itself. */
const CLOSE_MS = 250;

/**
 * A real supervisor with real workers, for tests: over memory in the place of a disk, by a clock that stands still until it is moved,
 * and with switches for what goes wrong.
 *
 *     await using host = await TestHost.open({ agents: { chat: new URL('./chat.js', import.meta.url) } });
 *     await host.supervisor.send('chat/alice', { say: 'hello' });
 *     await host.advance(30 * 60_000 + 5 * 60_000);
 */
export class TestHost implements AsyncDisposable {
  /**
   * Idle timeouts, alarms, backoff, timeouts and deadlines go by it. Hung and overgrown agents, and turns of
   * sends that pass `turnTimeoutMs`, are found by the real time.
   */
  readonly clock: ManualClock;
  readonly disk: TestDisk;
  readonly #options: TestHostOptions;
  readonly #watch: NodeJS.Timeout;
  #supervisor: Supervisor;
  #advanced: Promise<void> = Promise.resolve();

  private constructor(parts: { options: TestHostOptions; clock: ManualClock; disk: TestDisk; supervisor: Supervisor }) {
    this.clock = parts.clock;
    this.disk = parts.disk;
    this.#options = parts.options;
    this.#supervisor = parts.supervisor;
    this.#watch = setInterval(() => this.#warn(), WARN_AFTER_MS);
  }

  /** Rejects as {@link Supervisor.open} does. Has no spares, and no watch for writes that stall, unless they are asked for. */
  static async open(options: TestHostOptions): Promise<TestHost> {
    const clock = new ManualClock(Date.now());
    const disk = new TestDisk(clock);
    return new TestHost({ options, clock, disk, supervisor: await start(options, clock, disk) });
  }

  /** The one that runs now: {@link restart} begins another. */
  get supervisor(): Supervisor {
    return this.#supervisor;
  }

  /**
   * Lets so many milliseconds pass. What comes due on the way does so at its own time, and is awaited before the clock moves on: the
   * agents that fall asleep or start again, the turns of alarms and of durable messages. A turn that had begun before is not waited
   * for, and one that goes on for 5 s of real time no longer. Called again meanwhile, it goes on from where the first has come to.
   * Rejects with `ERR_DROWSE_INVALID_OPTIONS` where `ms` is no length of time.
   */
  async advance(ms: number): Promise<void> {
    checkMs(ms);
    const advanced = this.#advanced.then(() => this.#advance(ms));
    this.#advanced = advanced.catch(() => {});
    return advanced;
  }

  async #advance(ms: number): Promise<void> {
    const end = this.clock.elapsed() + ms;
    const former = new Set(this.#running());
    await this.#settled(former);
    for (let next = this.clock.next; next !== undefined && next <= end; next = this.clock.next) {
      this.clock.advance(next - this.clock.elapsed());
      await this.#settled(former);
    }
    // Unless the test has moved it there itself.
    this.clock.advance(Math.max(0, end - this.clock.elapsed()));
  }

  /** Puts an agent to sleep now: its next message meets it as it is on disk. False where it was asleep. */
  sleep(agentId: string): Promise<boolean> {
    return this.#supervisor.passivate(agentId);
  }

  /**
   * Ends an agent's worker as a crash does, in the middle of a turn that runs: its caller gets `ERR_DROWSE_AGENT_CRASHED`. Resolves once
   * it is gone; false where the agent had none.
   */
  crash(agentId: string): Promise<boolean> {
    return this.#end(agentId, new Error('the test made it crash'));
  }

  /** Ends it as one that blocks its thread for `hangTimeoutMs`: the caller of a turn that runs gets `ERR_DROWSE_AGENT_HUNG`. */
  hang(agentId: string): Promise<boolean> {
    return this.#end(agentId, new Hung(this.#inside.services.settings.hangTimeoutMs, 'as the test had it'));
  }

  /** Closes the supervisor without letting anything finish, and opens another on the same disk. */
  async restart(): Promise<void> {
    await this.#close();
    this.#supervisor = await start(this.#options, this.clock, this.disk);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    await this.#close();
  }

  get #inside() {
    return insideOf(this.#supervisor);
  }

  async #end(agentId: string, how: Error): Promise<boolean> {
    const { agents, idOf } = this.#inside;
    const agent = agents.get(idOf(agentId));
    const isolate = agent?.incarnation?.isolate;
    if (isolate === undefined) return false;
    isolate.endAs(how);
    await isolate.ended;
    while (agent?.incarnation?.isolate === isolate || agent?.state === 'stopping') await setImmediate();
    return true;
  }

  /** The clock moves for what ignores that it was cancelled, and no further: the next supervisor goes on by it. */
  async #close(): Promise<void> {
    const { abortGraceMs } = this.#inside.services.settings;
    this.disk.slow(0);
    this.disk.release();
    const closed = this.#supervisor.close({ drainMs: 0 }).then(() => true);
    // Nothing is drained: what runs is cancelled as soon as that is due, which is now.
    this.clock.advance(0);
    while (!(await within(CLOSE_MS, closed))) this.clock.advance(abortGraceMs);
  }

  /** A test that awaits what waits for the clock, or the disk, and moves neither would wait for ever. */
  #warn(): void {
    const text = this.#stands();
    if (text === undefined) return;
    clearInterval(this.#watch);
    process.emitWarning(text, { code: 'DROWSE_TEST_WAITS' });
  }

  /** What waits for the test to move something. */
  #stands(): string | undefined {
    if (this.disk.waiting > 0)
      return 'Writes wait for the disk of a TestHost: disk.release() it, or advance(ms) where it is slow.';
    for (const { id, state, waiting } of this.#inside.agents.values()) {
      if (state !== 'backoff' || waiting === 0) continue;
      return `Messages to ${id.full} wait for its backoff, and the clock of the TestHost stands still: await host.advance(ms).`;
    }
    return undefined;
  }

  #running(): Delivery[] {
    return [...this.#inside.agents.values()].flatMap(({ incarnation }) => incarnation?.turns.running ?? []);
  }

  /** Resolves once nothing moves but what waits for the clock, or for the disk, and the turns that had begun before. */
  async #settled(former: Set<Delivery>): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (let looks = 0; looks < LOOKS; ) {
      await setImmediate();
      const moves = [...this.#inside.agents.values()].some((agent) => isMoving(agent, former));
      const patient = performance.now() < giveUpAt;
      // Once, not again at each step of the way.
      if (!patient) for (const delivery of this.#running()) former.add(delivery);
      looks = moves && this.disk.waiting === 0 && patient ? 0 : looks + 1;
    }
  }
}

function start(options: TestHostOptions, clock: ManualClock, disk: TestDisk): Promise<Supervisor> {
  return disk.open().then((store) => Supervisor.open({ ...DEFAULTS, ...options, store, clock }));
}

function isMoving({ state, waiting, incarnation }: Agent, former: ReadonlySet<Delivery>): boolean {
  if (state === 'starting' || state === 'stopping') return true;
  const running = incarnation?.turns.running;
  return state === 'active' && waiting > 0 && !(running && former.has(running));
}
