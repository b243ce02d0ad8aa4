import type { Clock } from '../../src/engine/clock.ts';
import type { GivenAnswers, Prompts } from '../../src/engine/confirmation.ts';
import type { Change } from '../../src/engine/change.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event, EventBody, EventType, Subject } from '../../src/engine/events.ts';
import type { Finding, Verdict } from '../../src/engine/finding.ts';
import { createOperator } from '../../src/engine/operator.ts';
import { outline } from '../../src/engine/procedure.ts';
import type { ActionSpec, ActionStep, CheckStep, Procedure, Step } from '../../src/engine/procedure.ts';
import { runSession } from '../../src/engine/session.ts';
import type { SessionEnd, SessionOptions } from '../../src/engine/session.ts';
import type { SessionState } from '../../src/engine/session-state.ts';
import { createStop } from '../../src/engine/stop.ts';
import type { StopControl } from '../../src/engine/stop.ts';
import { z } from 'zod';

/** Time that passes only when something sleeps or the test says so. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export const fakeClock = (): FakeClock => {
  let ms = 0;
  return {
    now: () => new Date(Date.UTC(2025, 0, 1) + ms),
    monotonic: () => ms,
    advance: (by) => void (ms += by),
    async sleep(by, signal) {
      signal?.throwIfAborted();
      ms += by;
      await Promise.resolve();
      signal?.throwIfAborted();
    },
  };
};

/** The record types that are on the disk when `append` returns; see src/audit/port.ts. */
const synced: ReadonlySet<EventType> = new Set([
  'session.opened',
  'session.resumed',
  'session.closed',
  'confirmation',
  'step.intent',
  'step.result',
]);

export interface Recorder {
  readonly emit: (event: EventBody) => void;
  /** What was written, in its order. */
  readonly events: Event[];
  /** How many of `events` a power cut leaves behind for certain. */
  readonly durable: () => number;
  readonly failed: () => boolean;
}

/** Keeps the events as the audit log would. It breaks at record `failAt`, for good or for that one record only. */
export const recorder = (
  clock: Clock,
  breaks: { readonly failAt?: number; readonly once?: boolean } = {},
): Recorder => {
  const events: Event[] = [];
  let asked = 0;
  let durable = 0;
  let failed = false;
  return {
    events,
    durable: () => durable,
    failed: () => failed,
    emit(body) {
      const now = asked++;
      if (now === breaks.failAt || (failed && !breaks.once)) {
        failed = true;
        throw new RunbookError('unrecorded', 'The audit log could not be written: no space left on device.');
      }
      events.push({ ...body, at: clock.now().toISOString(), monotonicMs: clock.monotonic() });
      if (synced.has(body.type)) durable = events.length;
    },
  };
};

export const subject: Subject = { service: 'shop', environment: 'staging', protected: false };
export const protectedSubject: Subject = { service: 'shop', environment: 'production', protected: true };

export const noFlags: GivenAnswers = { yes: false, answers: new Map() };
export const yes: GivenAnswers = { yes: true, confirm: 'shop/staging', answers: new Map() };

/** A person who gives these answers in turn: true / false to a confirmation, an option's id, done / skipped, 'ctrl-c'. */
export const person = (...answers: readonly (boolean | string)[]): Prompts & { readonly asked: string[] } => {
  const left = [...answers];
  const asked: string[] = [];
  const next = (question: string) => {
    asked.push(question);
    const answer = left.shift();
    if (answer === undefined) throw new Error(`the person was not told what to answer to: ${question}`);
    if (answer === 'ctrl-c') throw new RunbookError('interrupted', 'Stopped at the prompt.');
    return answer;
  };
  return {
    asked,
    confirm: async (request, requirement) =>
      next(`${request.summary} [${requirement.kind === 'type' ? requirement.phrase : 'y/N'}]`) === true,
    choose: async (question) => {
      const answer = next(question.question);
      return typeof answer === 'string' ? answer : undefined;
    },
    acknowledge: async ({ instruction }) => {
      const answer = next(instruction);
      return answer === 'done' || answer === 'skipped' ? { answer, note: `${answer} by hand` } : undefined;
    },
  };
};

/** The ports of a procedure that needs none. */
export type Nothing = object;
export type TinyStep = Step<unknown, Nothing>;

export const seen = (verdict: Verdict, summary = `it is ${verdict}`): Finding => ({ verdict, summary });

export const change = (name: string, more: Partial<Change> = {}): Change => ({
  summary: `restart ${name}`,
  target: { provider: 'command', name },
  blastRadius: ['1 of 3 instances'],
  equivalent: [`systemctl restart ${name}`],
  undo: 'not needed',
  basis: { version: '1.4.0' },
  ...more,
});

export const check = (
  id: string,
  look: CheckStep<unknown, Nothing>['look'],
  role: CheckStep<unknown, Nothing>['role'] = 'evidence',
): TinyStep => ({
  kind: 'check',
  id,
  title: `Look at ${id}`,
  role,
  look,
});

/** An action that works, unless told otherwise. */
export const action = (id: string, spec: Partial<ActionSpec<unknown, Nothing>> = {}): ActionStep<unknown, Nothing> => ({
  kind: 'action',
  id,
  title: `Restart ${id}`,
  tier: 'disruptive',
  plan: async () => change(id),
  apply: async () => undefined,
  verify: async () => seen('ok', `${id} is healthy`),
  ...spec,
});

const procedure = (
  steps: readonly TinyStep[],
  more: Partial<Procedure<unknown, Nothing>> = {},
): Procedure<unknown, Nothing> => ({
  id: 'restart.rolling',
  section: '2.1',
  title: 'Rolling restart',
  needs: [],
  input: z.unknown(),
  steps,
  ...more,
});

export interface TinyRun {
  readonly end: SessionEnd;
  readonly events: readonly Event[];
  readonly clock: FakeClock;
  /** The events of one type. */
  readonly of: <Type extends EventType>(type: Type) => readonly Extract<Event, { type: Type }>[];
}

export interface TinyOptions {
  readonly given?: GivenAnswers;
  readonly prompts?: Prompts;
  readonly subject?: Subject;
  readonly dryRun?: boolean;
  readonly stop?: StopControl;
  readonly clock?: FakeClock;
  readonly recorder?: Recorder;
  readonly history?: SessionState;
  readonly plan?: string;
  readonly input?: unknown;
  readonly more?: Partial<Procedure<unknown, Nothing>>;
}

export const opening = (
  of: Procedure<unknown, Nothing>,
  resumed: boolean,
  about: Subject,
): SessionOptions<unknown, Nothing>['opening'] => {
  const actor = { uid: 1000, login: 'ann', host: 'laptop' };
  return resumed
    ? { type: 'session.resumed', session: 's1', actor, mode: 'interactive', done: [] }
    : {
        type: 'session.opened',
        session: 's1',
        program: 'rb 0',
        procedure: { id: of.id, section: of.section, title: of.title, outline: outline(of.steps) },
        input: null,
        subject: about,
        actor,
        mode: 'interactive',
        configuration: {},
      };
};

/** Runs steps as one session. With neither flags nor prompts given, every flag that confirms is there. */
export const run = async (steps: readonly TinyStep[], options: TinyOptions = {}): Promise<TinyRun> => {
  const clock = options.clock ?? fakeClock();
  const log = options.recorder ?? recorder(clock);
  const about = options.subject ?? subject;
  const given = options.given ?? (options.prompts ? noFlags : yes);
  const tiny = procedure(steps, options.more);
  const end = await runSession({
    procedure: tiny,
    input: options.input ?? null,
    ports: {},
    session: 's1',
    subject: about,
    operator: createOperator(given, options.prompts),
    emit: log.emit,
    clock,
    stop: options.stop ?? createStop(),
    dryRun: options.dryRun ?? false,
    opening: opening(tiny, options.history !== undefined, about),
    ...(options.history ? { history: options.history } : {}),
    ...(options.plan === undefined ? {} : { plan: options.plan }),
  });
  return {
    end,
    events: log.events,
    clock,
    of: <Type extends EventType>(type: Type) =>
      log.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type),
  };
};
