import * as z from 'zod/mini';
import { anyJson } from '../../src/engine/any-json.ts';
import type { Change } from '../../src/engine/change.ts';
import type { Clock } from '../../src/engine/clock.ts';
import type { GivenAnswers, Prompts } from '../../src/engine/plan/confirmation.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event, EventBody, EventType } from '../../src/engine/session/events.ts';
import type { Subject } from '../../src/engine/session/subject.ts';
import type { Finding, Verdict } from '../../src/engine/finding.ts';
import type { Json, JsonObject } from '../../src/engine/json.ts';
import type { PlanRecord } from '../../src/engine/plan/plan-hash.ts';
import { createOperator } from '../../src/engine/session/operator.ts';
import { procedureFor, undoAction } from '../../src/engine/procedure/build.ts';
import type { Given } from '../../src/engine/procedure/context.ts';
import { outline } from '../../src/engine/procedure/outline.ts';
import type { Opened, Procedure, Tail } from '../../src/engine/procedure/procedure.ts';
import type { ActionSpec, EachSpec, Item } from '../../src/engine/procedure/specs.ts';
import type { ReadStep, Step } from '../../src/engine/procedure/step.ts';
import { treeOf } from '../../src/engine/procedure/tree.ts';
import type { AnyProcedure } from '../../src/engine/procedure/tree.ts';
import type { Words } from '../../src/engine/procedure/words.ts';
import type { PortSource } from '../../src/engine/run/ports.ts';
import { runSession } from '../../src/engine/session/session.ts';
import type { SessionOptions } from '../../src/engine/session/session.ts';
import type { SessionEnd } from '../../src/engine/session/session-outcome.ts';
import { sessionFrom } from '../../src/engine/session/session-state.ts';
import type { SessionState } from '../../src/engine/session/session-state.ts';
import { planRecord } from './plan-record.ts';
import { createStop } from '../../src/engine/session/stop.ts';
import type { StopControl } from '../../src/engine/session/stop.ts';

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
  'call.opened',
  'confirmation',
  'step.intent',
  'step.result',
]);

export interface Recorder {
  readonly emit: (event: EventBody) => void;
  /** What was written, in order. */
  readonly events: Event[];
  /** How many of `events` a power cut leaves behind for certain. */
  readonly durable: () => number;
  readonly failed: () => boolean;
}

export const unrecorded = () =>
  new RunbookError('unrecorded', 'The audit log could not be written: no space left on device.');

/** Keeps the events as the audit log would. It breaks at record `failAt`, permanently or for that one record only. */
export const recorder = (
  clock: Clock,
  breaks: { readonly failAt?: number; readonly once?: boolean } = {},
): Recorder => {
  const events: Event[] = [];
  let requested = 0;
  let durable = 0;
  let failed = false;
  return {
    events,
    durable: () => durable,
    failed: () => failed,
    emit(body) {
      const now = requested++;
      if (now === breaks.failAt || (failed && !breaks.once)) {
        failed = true;
        throw unrecorded();
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
/** `--answer <path>=<answer>` for each, beside `--yes` and `--confirm`. */
export const answering = (answers: Readonly<Record<string, string>>, given = yes): GivenAnswers => ({
  ...given,
  answers: new Map(Object.entries(answers)),
});

/** A person who gives these answers in turn: true / false to a confirmation, an option's id, done / skipped, 'ctrl-c'. */
export const person = (...answers: readonly (boolean | string)[]): Prompts & { readonly asked: string[] } => {
  const left = [...answers];
  const asked: string[] = [];
  const next = (question: string) => {
    asked.push(question);
    const answer = left.shift();
    if (answer === undefined) throw new Error(`the person does not know the answer to: ${question}`);
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

export const ctrlC = () => new RunbookError('interrupted', 'Stopped by the operator.');
export const unreachable = (message = 'metrics.example.org does not answer') =>
  new RunbookError('unreachable', message);

// ---- Ports --------------------------------------------------------------------------------------------------------

/** What the procedures of the tests need; each test plays its own. */
export interface TestPorts {
  readonly workload: {
    instances(): Promise<readonly string[]>;
    /** How often this one was started. */
    starts(id: string): Promise<number>;
    restart(id: string): Promise<void>;
  };
  readonly metrics: { cpu(): Promise<Readonly<Record<string, number>>> };
  readonly logs: { errors(): Promise<number> };
}

/** A port that is absent here is not configured; an error is why it cannot be opened. */
export type FakePorts = { readonly [Name in keyof TestPorts]?: TestPorts[Name] | Error };

const portsFrom = (fakes: FakePorts, opened: string[]): PortSource => {
  const all = new Map<string, unknown>(Object.entries(fakes));
  return {
    has: (name) => all.has(name),
    open: async (name) => {
      if (!all.has(name)) throw new RunbookError('usage', `no ${name} is configured.`);
      opened.push(name);
      const port = all.get(name);
      if (port instanceof Error) throw port;
      return port;
    },
  };
};

// ---- Procedures and steps -----------------------------------------------------------------------------------------

export const { look, procedure } = procedureFor<TestPorts>();

const needs = { workload: 'optional', metrics: 'optional', logs: 'optional' } as const;
/** What a step of `run` is given. */
export type Ports = Opened<TestPorts, typeof needs>;
type Say = Words<Json, Ports, keyof TestPorts>;

const header = {
  id: 'restart.rolling',
  section: '2.1',
  title: 'Rolling restart',
  purpose: 'The instances are to be replaced one after another.',
  needs,
  input: anyJson,
};

const words: Say[] = [];
procedure({
  ...header,
  steps: (given) => {
    words.push(given);
    return { steps: [] };
  },
});
/** The words of a procedure, for steps that stand outside of one. They only make data. */
export const say = words[0] as Say;

export const seen = (verdict: Verdict, summary = `it is ${verdict}`): Finding => ({ verdict, summary });

export const change = (name: string, more: Partial<Change> = {}): Change => ({
  summary: `restart ${name}`,
  target: { provider: 'command', name },
  blastRadius: ['1 of 3 instances'],
  equivalent: [`systemctl restart ${name}`],
  undo: 'not needed',
  basis: { version: '1.4.0' },
  data: null,
  ...more,
});

/** A check without data. */
export const check = (
  id: string,
  looks: Given<Json, Ports, Finding>,
  role: 'check' | 'precondition' | 'verification' = 'check',
): ReadStep => say[role](id, `Look at ${id}`, { look: looks });

type Spec = ActionSpec<Json, Ports, Json, unknown>;

/** The spec of an action that works, unless it says otherwise. */
export const actionSpec = (id: string, spec: Partial<Spec> = {}): Spec => ({
  tier: 'disruptive',
  change: anyJson,
  plan: async () => change(id),
  apply: async () => undefined,
  verify: async () => seen('ok', `${id} is healthy`),
  ...spec,
});

export const action = (id: string, spec: Partial<Spec> = {}): Step =>
  say.action(id, `Restart ${id}`, actionSpec(id, spec));

/** The way back of an action. */
export const undoOf = (id: string, spec: Partial<Spec> = {}) => undoAction(id, `Restart ${id}`, actionSpec(id, spec));

export const Id = z.object({ id: z.string() });

/** A group of these items, each restarted. */
export const each = (
  id: string,
  ids: readonly string[],
  spec: (item: string) => Partial<Spec> = () => ({}),
  more: Partial<EachSpec<Json, Ports, Item, Json, unknown>> = {},
) =>
  say.each(id, 'Restart the instances', {
    item: Id,
    items: () => ids.map((one) => ({ id: one })),
    titleOf: (item) => `Restart ${item.id}`,
    action: (item) => actionSpec(item.id, spec(item.id)),
    ...more,
  });

/** A procedure of these steps that may change something. */
export const changing = (steps: readonly Step[], tail: Tail<Json, Ports> = {}) =>
  procedure({ ...header, steps: () => ({ steps, ...tail }) });

/** One of these steps that only reads. */
export const looking = (steps: readonly ReadStep[], tail: Tail<Json, Ports> = {}) =>
  look({ ...header, result: z.null(), steps: () => ({ steps, result: () => null, ...tail }) });

// ---- Sessions -----------------------------------------------------------------------------------------------------

export interface TinyRun {
  readonly end: SessionEnd;
  readonly outcome: SessionEnd['outcome'];
  readonly events: readonly Event[];
  readonly clock: FakeClock;
  /** The events of one type. */
  readonly of: <Type extends EventType>(type: Type) => readonly Extract<Event, { type: Type }>[];
  /** How many events there were at each call of `requireRecord`. */
  readonly required: readonly number[];
  /** The names of the ports that were opened, in order. */
  readonly opened: readonly string[];
}

export interface TinyOptions {
  readonly given?: GivenAnswers;
  readonly prompts?: Prompts;
  readonly subject?: Subject;
  readonly dryRun?: boolean;
  readonly stop?: StopControl;
  readonly clock?: FakeClock;
  readonly recorder?: Recorder;
  /** Throws where there can be no record. */
  readonly requireRecord?: () => void;
  readonly guards?: SessionOptions['guards'];
  readonly redact?: SessionOptions['redact'];
  readonly history?: SessionState;
  readonly plan?: SessionOptions['plan'];
  /** Otherwise the one that all runs of a file share. */
  readonly plans?: PlanRecord;
  readonly configuration?: JsonObject;
  readonly input?: Json;
  readonly ports?: FakePorts;
  readonly tail?: Tail<Json, Ports>;
}

const opening = (of: AnyProcedure, resumed: boolean, about: Subject): SessionOptions['opening'] => {
  const actor = { uid: 1000, login: 'ann', host: 'laptop' };
  return resumed
    ? { type: 'session.resumed', session: 's1', actor, mode: 'interactive', done: [] }
    : {
        type: 'session.opened',
        session: 's1',
        program: 'rb 0',
        procedure: { id: of.id, section: of.section, title: of.title, does: of.does, outline: outline(of) },
        input: null,
        subject: about,
        actor,
        mode: 'interactive',
        configuration: {},
      };
};

/** What the dry runs of a file have kept. */
export const plans = planRecord();

/** Runs steps, or a procedure, as one session. With neither flags nor prompts given, every flag that confirms is there. */
export const run = async <Input, Result extends Json>(
  what: readonly Step[] | Procedure<Input, Result, keyof TestPorts>,
  options: TinyOptions = {},
): Promise<TinyRun> => {
  const clock = options.clock ?? fakeClock();
  const log = options.recorder ?? recorder(clock);
  const about = options.subject ?? subject;
  const given = options.given ?? (options.prompts ? noFlags : yes);
  const tree = 'steps' in what ? treeOf(what) : treeOf(changing(what, options.tail));
  const required: number[] = [];
  const opened: string[] = [];
  const end = await runSession({
    procedure: tree,
    input: options.input ?? null,
    ports: portsFrom(options.ports ?? {}, opened),
    session: 's1',
    subject: about,
    operator: createOperator(given, options.prompts),
    emit: log.emit,
    requireRecord: () => {
      required.push(log.events.length);
      options.requireRecord?.();
    },
    clock,
    stop: options.stop ?? createStop(),
    dryRun: options.dryRun ?? false,
    redact: options.redact ?? ((value) => value),
    opening: opening(tree, options.history !== undefined, about),
    configuration: options.configuration ?? {},
    ...(options.guards ? { guards: options.guards } : {}),
    ...(options.history ? { history: options.history } : {}),
    ...(options.plan ? { plan: options.plan } : {}),
    plans: async () => options.plans ?? plans,
  });
  return {
    end,
    outcome: end.outcome,
    events: log.events,
    clock,
    of: <Type extends EventType>(type: Type) =>
      log.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type),
    required,
    opened,
  };
};

/** The hash that a dry run prints. */
export const hashOf = (dry: Pick<TinyRun, 'of'>): string => dry.of('plan.hash')[0]?.hash ?? 'none was printed';

/** `[path, result]` of each step that ended. */
export const results = (ran: Pick<TinyRun, 'of'>): readonly (readonly [string, string])[] =>
  ran.of('step.result').map(({ step, result }) => [step, result] as const);

/** Goes on with a session of which these events are on record. */
export const resume = <Input, Result extends Json>(
  what: readonly Step[] | Procedure<Input, Result, keyof TestPorts>,
  log: readonly Event[],
  options: TinyOptions = {},
): Promise<TinyRun> => run(what, { ...options, history: sessionFrom(log) });

/** The events of a run up to and including the first that fits: the machine died right after it. */
export const cutAfter = (events: readonly Event[], fits: (event: Event) => boolean): readonly Event[] => {
  const at = events.findIndex(fits);
  if (at < 0) throw new Error('there is no such event');
  return events.slice(0, at + 1);
};
export const intentOf = (step: string) => (event: Event) => event.type === 'step.intent' && event.step === step;
export const resultOf = (step: string) => (event: Event) => event.type === 'step.result' && event.step === step;
