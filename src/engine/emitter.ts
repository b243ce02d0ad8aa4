import type { Clock } from './clock.ts';
import type { Event, EventBody } from './events.ts';

/** Stamps each event with its time and hands it to the readers in their order: the audit log first. */
export const createEmitter =
  (clock: Clock, readers: readonly ((event: Event) => void)[]) =>
  (body: EventBody): void => {
    const event: Event = {
      ...body,
      at: clock.now().toISOString(),
      monotonicMs: Math.round(clock.monotonic() * 1000) / 1000,
    };
    for (const read of readers) read(event);
  };
