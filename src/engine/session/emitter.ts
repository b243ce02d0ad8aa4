import type { Clock } from '../clock.ts';
import type { Event, EventBody } from './events.ts';

/**
 * Redacts each event, stamps it with its time, and hands it to the readers in their order: the audit log first. Errors: those of `redact`
 * and of the readers.
 */
export const createEmitter =
  (clock: Clock, readers: readonly ((event: Event) => void)[], redact: (event: EventBody) => EventBody) =>
  (body: EventBody): void => {
    const event: Event = {
      ...redact(body),
      at: clock.now().toISOString(),
      monotonicMs: Math.round(clock.monotonic() * 1000) / 1000,
    };
    for (const read of readers) read(event);
  };
