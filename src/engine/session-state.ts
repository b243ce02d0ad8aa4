import type { Change } from './change.ts';
import type { Event, SessionOpened, SessionOutcome, StepOutcome } from './events.ts';
import type { Finding } from './finding.ts';
import type { Item, StepKind } from './procedure.ts';
import type { Tier } from './tier.ts';

/** What the events of a session say about one of its steps. */
export interface StepState {
  readonly id: string;
  title: string;
  kind?: StepKind;
  tier?: Tier;
  startedAt?: string;
  endedAt?: string;
  ms?: number;
  /** The present plan, and after an intent the one that was applied. */
  change?: Change;
  confirmation?: { readonly at: string; readonly decision: 'confirmed' | 'declined' | 'refused'; readonly by: string };
  intentAt?: string;
  /** Nobody knows yet what became of `change`, and since when: only `verify`, or a new intent, settles what an earlier run left. */
  unsettled?: 'this run' | 'an earlier run';
  finding?: Finding;
  answer?: { readonly answer: string; readonly by: string; readonly note?: string };
  notes: { readonly at: string; readonly note: string }[];
  items?: readonly Item[];
  /** Absent after an intent: nobody knows how it ended. */
  result?: StepOutcome;
  error?: string;
}

/** A session, put together from its events: the one model behind `-o json`, the reports and `rb resume`. */
export interface SessionState {
  opened?: SessionOpened & { readonly at: string };
  readonly resumed: { readonly at: string; readonly login: string; readonly host: string }[];
  /** In the order in which they began. */
  readonly steps: Map<string, StepState>;
  outcome?: SessionOutcome;
  closedAt?: string;
  lastAt?: string;
}

/**
 * Whether `rb resume` can go on with it: it was cut off or stopped, or it was gone on with and that attempt came to nothing
 * (declined, refused, not confirmed, out of reach). What is half-way stays half-way until it is done or has failed.
 */
export const isUnfinished = ({ outcome, resumed }: Pick<SessionState, 'outcome' | 'resumed'>): boolean => {
  switch (outcome?.status) {
    case 'done':
    case 'failed':
    case 'critical':
      return false;
    case 'declined':
    case 'refused':
    case 'usage':
    case 'unreachable':
      return resumed.length > 0;
    default:
      return true;
  }
};

export const emptySession = (): SessionState => ({ resumed: [], steps: new Map() });

/** Adds one event to the state, in place. */
export const applyEvent = (state: SessionState, event: Event): void => {
  state.lastAt = event.at;
  switch (event.type) {
    case 'session.opened':
      state.opened = event;
      return;
    case 'session.resumed':
      state.resumed.push({ at: event.at, login: event.actor.login, host: event.actor.host });
      // A session that goes on is open again.
      delete state.outcome;
      delete state.closedAt;
      for (const step of state.steps.values()) if (step.unsettled) step.unsettled = 'an earlier run';
      return;
    case 'session.closed':
      state.outcome = event.outcome;
      state.closedAt = event.at;
      return;
    case 'plan.hash':
      return;
    case 'confirmation': {
      const confirmation = { at: event.at, decision: event.decision, by: event.by };
      for (const covered of event.covers) stepOf(state, covered.step).confirmation = confirmation;
      stepOf(state, event.step).confirmation = confirmation;
      return;
    }
    default:
      applyToStep(stepOf(state, event.step), event);
  }
};

export const sessionFrom = (events: Iterable<Event>): SessionState => {
  const state = emptySession();
  for (const event of events) applyEvent(state, event);
  return state;
};

const stepOf = (state: SessionState, id: string): StepState => {
  const known = state.steps.get(id);
  if (known) return known;
  const fresh: StepState = { id, title: id, notes: [] };
  state.steps.set(id, fresh);
  return fresh;
};

type StepEvent = Exclude<
  Event,
  { type: 'session.opened' | 'session.resumed' | 'session.closed' | 'plan.hash' | 'confirmation' }
>;

const applyToStep = (step: StepState, event: StepEvent): void => {
  switch (event.type) {
    case 'step.started':
      step.title = event.title;
      step.kind = event.kind;
      step.startedAt ??= event.at;
      return;
    case 'finding':
      step.finding = event.finding;
      return;
    case 'items.planned':
      step.items = event.items;
      return;
    case 'change.planned':
      step.title = event.title;
      step.tier = event.tier;
      if (step.intentAt === undefined) step.change = event.change;
      return;
    case 'plan.stale':
      step.notes.push({ at: event.at, note: `the plan no longer holds: ${event.difference.join('; ')}` });
      return;
    case 'step.intent':
      step.tier = event.tier;
      step.change = event.change;
      step.intentAt = event.at;
      step.unsettled = 'this run';
      delete step.result;
      delete step.error;
      return;
    case 'step.progress':
      if (event.note !== undefined) step.notes.push({ at: event.at, note: event.note });
      return;
    case 'sample':
      return;
    case 'answer':
      step.answer = { answer: event.answer, by: event.by, ...(event.note === undefined ? {} : { note: event.note }) };
      return;
    case 'step.result':
      step.result = event.result;
      step.endedAt = event.at;
      step.ms = event.ms;
      if (event.finding) step.finding = event.finding;
      if (event.error !== undefined) step.error = event.error;
      if (settles(step, event.result)) delete step.unsettled;
      return;
  }
};

/** A run that could not even look at what an earlier one left (declined, unreachable, stopped) has settled nothing. */
const settles = (step: StepState, result: StepOutcome): boolean =>
  result === 'ok' || (step.unsettled === 'this run' && result !== 'unknown');
