import type { EventEmitter } from 'node:events';
import type { Logger } from '../core/log.ts';
import type { SupervisorEvents } from './events.ts';
import type { Hosting } from './hosting.ts';

/** Writes lifecycle events to a log, and emits them. */
export function announcer(emitter: EventEmitter<SupervisorEvents>, log: Logger): Hosting['announce'] {
  return (name, event) => {
    // `err` is the key under which loggers show an error whole.
    const { cause: err, ...fields } = event as { cause?: Error | string };
    const text = 'agentId' in fields ? `agent ${name}` : name;
    log[err ? 'warn' : 'debug']({ event: name, ...fields, ...(err && { err }) }, text);
    // Not now: a listener may call what changes the agent that is just being changed.
    queueMicrotask(() => {
      try {
        (emitter as EventEmitter).emit(name, event);
      } catch (err) {
        log.error({ event: name, err }, 'a listener threw');
      }
    });
  };
}
