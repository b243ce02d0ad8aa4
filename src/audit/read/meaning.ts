import type { Change } from '../../engine/change.ts';
import type { Event } from '../../engine/session/events.ts';
import type { JsonObject } from '../../engine/json.ts';
import { understand } from './event-in.ts';
import type { Understood } from './event-in.ts';
import { type AuditRecord, textAt } from '../record/record.ts';

/** What a record says, in the order of the log. */
export interface Meaning {
  /** What the event of a record is, or why it cannot stand there. */
  next(event: JsonObject): Understood | string;
  /** Whether an event is the result of a change that was begun in this run of the session: nothing else is saved beside the log. */
  endsChange(event: JsonObject): boolean;
  /** The last event closes the session. */
  readonly closed: boolean;
}

/**
 * Follows a session from event to event. `rb` opens it first, closes it at most once between two resumptions, ends what it has begun, and
 * changes nothing that was not confirmed: a log that says otherwise was not written by `rb`, however well its hashes fit. Once something
 * is in it that only another version knows, that version's rules count.
 */
export const meaningOf = (session: string): Meaning => {
  const started = new Set<string>();
  let confirmed = new Set<string>();
  /** What was changed so far: a change may alter what the plans of later ones rest on. */
  const altered = new Set<string>();
  const begun = new Set<string>();
  let state: 'not opened' | 'open' | 'closed' = 'not opened';
  let newer = false;

  /** As it was shown, or another state of what a change of this session has altered since. */
  const isConfirmed = (event: Extract<Event, { type: 'step.intent' }>): boolean =>
    confirmed.has(keyOf(event)) || (confirmed.has(event.step) && altered.has(targetOf(event.change)));

  const problemWith = (event: Event): string | undefined => {
    if (event.type === 'session.opened' && state !== 'not opened') return 'the session is opened a second time';
    if (event.type !== 'session.opened' && state === 'not opened') return 'it comes before the session is opened';
    if (event.type !== 'session.resumed' && state === 'closed')
      return `the session is closed before it, and not resumed (${event.type})`;
    switch (event.type) {
      case 'session.opened':
      case 'session.resumed':
        return event.session === session ? undefined : `it opens the session ${event.session}`;
      case 'step.result':
        return started.has(event.step) ? undefined : `the step ${event.step} ends there, and never began`;
      case 'step.intent':
        return event.tier === 'read' || isConfirmed(event)
          ? undefined
          : `the change of ${event.step} was not confirmed before it`;
      default:
        return undefined;
    }
  };

  const take = (event: Event): void => {
    if (event.type === 'step.started') started.add(event.step);
    if (event.type === 'confirmation' && event.decision === 'confirmed')
      for (const one of event.covers) confirmed.add(keyOf(one)).add(one.step);
    if (event.type === 'step.intent') {
      begun.add(event.step);
      if ((event.change.affects ?? []).length > 0) altered.add(targetOf(event.change));
    }
    if (event.type === 'step.result') begun.delete(event.step);
    // What is left is confirmed again by the operator who resumes.
    if (event.type === 'session.resumed') {
      confirmed = new Set();
      begun.clear();
    }
  };

  return {
    get closed() {
      return state === 'closed';
    },
    endsChange: (recorded) =>
      state === 'open' &&
      recorded['type'] === 'step.result' &&
      begun.has(textAt(recorded, 'step')) &&
      'event' in understand(recorded),
    next: (recorded) => {
      const understood = understand(recorded);
      const at = textAt(recorded, 'at');
      if (!isTime(at)) return `its time is not one (${at})`;
      if ('misfit' in understood)
        return `it is not what rb writes for ${textAt(recorded, 'type')} (${understood.misfit})`;
      if ('event' in understood) {
        const problem = newer ? undefined : problemWith(understood.event);
        if (problem !== undefined) return problem;
        take(understood.event);
      } else newer ||= !isOurs(understood.unknownKind);
      state = after(recorded['type']) ?? state;
      return understood;
    },
  };
};

const after = (type: JsonObject[string]): 'open' | 'closed' | undefined => {
  if (type === 'session.closed') return 'closed';
  return type === 'session.opened' || type === 'session.resumed' ? 'open' : undefined;
};

/** The log's own records are not events of a session. */
export const isOurs = (kind: string): boolean => kind.startsWith('audit.');

const keyOf = ({ step, fingerprint }: { readonly step: string; readonly fingerprint: string }): string =>
  JSON.stringify([step, fingerprint]);

const targetOf = ({ target }: Change): string => JSON.stringify(target);

/** Why the envelope of a record is not that of its event. */
export const strangeEnvelope = ({ kind, at, monotonicMs, step, tier, event }: AuditRecord): string | undefined => {
  if (kind !== event['type']) return `its kind is ${kind}, and its event is ${textAt(event, 'type') || 'none'}`;
  if (at !== event['at'] || monotonicMs !== event['monotonicMs']) return 'its time is not that of its event';
  if (step !== textOrNothing(event['step'])) return 'its step is not that of its event';
  return tier === textOrNothing(event['tier']) ? undefined : 'its tier is not that of its event';
};

const textOrNothing = (value: JsonObject[string]): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** As `rb` writes it: UTC, with milliseconds. */
const isTime = (at: string): boolean => {
  const time = new Date(at);
  return !Number.isNaN(time.getTime()) && time.toISOString() === at;
};
