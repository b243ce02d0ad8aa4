import type { Change } from '../change.ts';
import type { ErrorKind } from '../errors.ts';
import type { Event, RecordedProcedure, SessionOpened, SessionOutcome, StepOutcome } from './events.ts';
import type { AnyFinding, Verdict } from '../finding.ts';
import type { Json } from '../json.ts';
import type { PlanEntry } from '../plan/plan-hash.ts';
import type { Item } from '../procedure/specs.ts';
import type { StepKind } from '../procedure/tree.ts';
import type { Tier } from '../plan/tier.ts';

/** What the events of a session say about one of its steps. */
export interface StepState {
  /** Its path. */
  readonly id: string;
  title: string;
  /** See `Context.mark`. */
  n?: number;
  kind?: StepKind;
  tier?: Tier;
  startedAt?: string;
  endedAt?: string;
  ms?: number;
  /** The present plan, and after an intent the one that was applied. */
  change?: Change;
  confirmation?: { readonly at: string; readonly decision: 'confirmed' | 'declined' | 'refused'; readonly by: string };
  intentAt?: string;
  /** It is not known yet what became of `change`, and since when: only `verify`, or a new intent, settles what an earlier run left. */
  unsettled?: 'this run' | 'an earlier run';
  finding?: AnyFinding;
  answer?: { readonly answer: string; readonly by: string; readonly note?: string };
  notes: { readonly at: string; readonly note: string }[];
  items?: readonly Item[];
  /** The step is a call of another procedure, which has begun. */
  call?: CallState;
  /** In a dry run: the title of the step without which it cannot be planned. */
  depends?: string;
  /** Absent after an intent: it is not known how it ended. */
  result?: StepOutcome;
  error?: string;
  /** Why it did not end well; absent for an internal error. */
  cause?: ErrorKind;
}

export interface CallState {
  readonly procedure: RecordedProcedure;
  readonly input: Json;
  closed?: { readonly verdict: Verdict; readonly summary: string; readonly result: Json };
}

/** A session, put together from its events: the one model behind `-o json`, the reports and `rb resume`. */
export interface SessionState {
  opened?: SessionOpened & { readonly at: string };
  readonly resumed: { readonly at: string; readonly login: string; readonly host: string }[];
  /** By path, in the order in which they began. */
  readonly steps: Map<string, StepState>;
  /** What `--plan` stood for. */
  plan?: { readonly hash: string; readonly steps: readonly PlanEntry[] };
  outcome?: SessionOutcome;
  /** What a look has declared as its result. */
  result?: Json;
  closedAt?: string;
  lastAt?: string;
  /** What was recorded besides, and this version does not know: another version wrote the session. */
  readonly unknownKinds: readonly string[];
}

/**
 * Whether `rb resume` can go on with it: it was cut off or stopped, or it was declined, refused, not confirmed or out of reach after
 * something was applied or after an earlier resume. What is half-way stays half-way until it is done or has failed, and as long as it is
 * not known what became of a change.
 */
export const isUnfinished = ({
  outcome,
  resumed,
  steps,
}: Pick<SessionState, 'outcome' | 'resumed'> & Partial<Pick<SessionState, 'steps'>>): boolean => {
  switch (outcome?.status) {
    case 'done':
    case 'failed':
    case 'critical':
    case 'unseen':
      return [...(steps?.values() ?? [])].some(({ unsettled }) => unsettled !== undefined);
    case 'declined':
    case 'refused':
    case 'usage':
    case 'unreachable':
      return outcome.applied > 0 || resumed.length > 0;
    default:
      return true;
  }
};

/** How many changes were made. What takes a change back is not one more. */
export const appliedIn = ({ steps }: Pick<SessionState, 'steps'>): number =>
  [...steps.values()].filter(
    ({ kind, intentAt, result }) => kind !== 'undo' && intentAt !== undefined && result === 'ok',
  ).length;

type CallStepState = StepState & { readonly call: CallState };

/** The calls that a step is in, the outermost first. A call is known by its `call.opened`: groups and decisions have longer paths in them too. */
export const callsAround = ({ steps }: Pick<SessionState, 'steps'>, path: string): readonly CallStepState[] => {
  const around: CallStepState[] = [];
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    const step = steps.get(path.slice(0, end));
    if (step && isCall(step)) around.push(step);
  }
  return around;
};

/** All steps, each call with its own after it, and how many calls each is in. */
export const stepsInCalls = (
  state: Pick<SessionState, 'steps'>,
): readonly { readonly step: StepState; readonly depth: number }[] => {
  const within = Map.groupBy(state.steps.values(), ({ id }) => callsAround(state, id).at(-1)?.id);
  const below = (call: string | undefined, depth: number): ReturnType<typeof stepsInCalls> =>
    (within.get(call) ?? []).flatMap((step) => [{ step, depth }, ...(step.call ? below(step.id, depth + 1) : [])]);
  return below(undefined, 0);
};

export const isCall = (step: StepState): step is CallStepState => step.call !== undefined;

export const emptySession = (unknownKinds: readonly string[] = []): SessionState => ({
  resumed: [],
  steps: new Map(),
  unknownKinds,
});

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
      delete state.result;
      delete state.closedAt;
      for (const step of state.steps.values()) if (step.unsettled) step.unsettled = 'an earlier run';
      return;
    case 'session.closed':
      state.outcome = event.outcome;
      if (event.result !== undefined) state.result = event.result;
      state.closedAt = event.at;
      return;
    case 'plan.hash':
      return;
    case 'plan.accepted':
      state.plan = { hash: event.hash, steps: event.steps };
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

/** `unknownKinds`: what the record holds besides these events; see `readSession`. */
export const sessionFrom = (events: Iterable<Event>, unknownKinds?: readonly string[]): SessionState => {
  const state = emptySession(unknownKinds);
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
  { type: 'session.opened' | 'session.resumed' | 'session.closed' | 'plan.hash' | 'plan.accepted' | 'confirmation' }
>;

const applyToStep = (step: StepState, event: StepEvent): void => {
  switch (event.type) {
    case 'step.started':
      step.title = event.title;
      step.n = event.n;
      step.kind = event.kind;
      step.startedAt ??= event.at;
      return;
    case 'finding':
      step.finding = event.finding;
      return;
    case 'call.opened':
      step.call = { procedure: event.procedure, input: event.input };
      return;
    case 'call.closed': {
      const { verdict, summary, result } = event;
      if (step.call) step.call.closed = { verdict, summary, result };
      return;
    }
    case 'step.depends':
      step.title = event.title;
      step.depends = event.on;
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
      step.n = event.n;
      step.tier = event.tier;
      step.change = event.change;
      step.intentAt = event.at;
      step.unsettled = 'this run';
      // What was seen of an earlier try.
      delete step.finding;
      delete step.result;
      delete step.error;
      delete step.cause;
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
      delete step.error;
      delete step.cause;
      if (event.error !== undefined) step.error = event.error;
      if (event.cause !== undefined) step.cause = event.cause;
      if (settles(step, event.result)) delete step.unsettled;
      return;
  }
};

/** A run that could not even look at what an earlier one left (declined, unreachable, stopped) has settled nothing. */
const settles = (step: StepState, result: StepOutcome): boolean =>
  result === 'ok' || (step.unsettled === 'this run' && result !== 'unknown');
