import { expect } from 'vitest';
import type { Event } from '../../src/engine/session/events.ts';
import type { Operator } from './rig.ts';

/** What the audit log of the newest session holds, as `rb audit show` prints it. */
export const trail = async (operator: Operator): Promise<readonly Event[]> => {
  const shown = await operator.run('audit show -o json');
  expect(shown.code, shown.all).toBe(0);
  return (shown.json() as { readonly events: readonly Event[] }).events;
};

export const ofType = <Type extends Event['type']>(
  events: readonly Event[],
  type: Type,
): readonly Extract<Event, { type: Type }>[] =>
  events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);

/** Step and result, as far as steps have ended: `restart/checkout-1 ok`. */
export const results = (events: readonly Event[]): readonly string[] =>
  ofType(events, 'step.result').map(({ step, result }) => `${step} ${result}`);

/** How the session ended, last. */
export const outcome = (events: readonly Event[]): string =>
  ofType(events, 'session.closed').at(-1)?.outcome.status ?? 'open';
