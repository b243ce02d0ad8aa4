import type { GivenAnswers, Prompts, Question } from '../../src/engine/plan/confirmation.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event, EventBody, EventType } from '../../src/engine/session/events.ts';
import type { Subject } from '../../src/engine/session/subject.ts';
import type { Guard } from '../../src/engine/session/guard.ts';
import { createOperator } from '../../src/engine/session/operator.ts';
import type { Operator } from '../../src/engine/session/operator.ts';
import { outline } from '../../src/engine/procedure/outline.ts';
import type { PortSource } from '../../src/engine/run/ports.ts';
import { runSession } from '../../src/engine/session/session.ts';
import type { SessionOptions } from '../../src/engine/session/session.ts';
import type { SessionEnd } from '../../src/engine/session/session-outcome.ts';
import type { SessionState } from '../../src/engine/session/session-state.ts';
import { createStop } from '../../src/engine/session/stop.ts';
import { planRecord } from './plan-record.ts';
import { fakeClock, protectedSubject, subject } from './rig.ts';
import type { FakeClock } from './rig.ts';
import type { Generated } from './generated-steps.ts';
import type { World } from './world.ts';

/** What else happens during a generated run. Positions count the entries of this run in the journal, or its questions. */
export interface Circumstances {
  readonly mood: 'faulty' | 'healthy';
  /** No verification can reach what it looks at. */
  readonly blind?: boolean;
  readonly dryRun: boolean;
  readonly protected: boolean;
  readonly given: GivenAnswers;
  /** Absent: no terminal. */
  readonly person: Person | undefined;
  readonly stop: { readonly at: number; readonly again?: number } | undefined;
  /** At which record, or at the first of one kind from there on; for good or only that once. */
  readonly recorderFails:
    | { readonly failAt: number; readonly once: boolean; readonly only?: EventType | undefined }
    | undefined;
  /** The log cannot even be opened. */
  readonly noRecord?: boolean;
  /** Forbids the change number so many, before the question or before the intent. */
  readonly guard?:
    | { readonly refuses: number; readonly at: 'question' | 'intent'; readonly takesMs: number }
    | undefined;
  readonly plan?: string;
}
export interface Person {
  readonly choice: number;
  readonly thinksMs: number;
  readonly no?: number;
  readonly ctrlC?: number;
}

export interface GeneratedRun {
  readonly end: SessionEnd;
  /** What was recorded in this run. */
  readonly events: readonly Event[];
  /** Where in the journal the run began, the operator asked to stop, and the recorder failed. */
  readonly from: number;
  readonly stoppedAt: number | undefined;
  readonly failedAt: number | undefined;
}

const noFlags: GivenAnswers = { yes: false, answers: new Map() };
export const calm: Circumstances = {
  mood: 'healthy',
  dryRun: false,
  protected: false,
  given: noFlags,
  person: { choice: 1, thinksMs: 0 },
  stop: undefined,
  recorderFails: undefined,
};

/** Runs a generated procedure, or goes on with it; what it does is added to the journal of its world. */
export const runGenerated = async (
  generated: Generated,
  circumstances: Circumstances,
  history?: SessionState,
): Promise<GeneratedRun> => {
  const { procedure, world } = generated;
  const { mood, person, plan } = circumstances;
  const clock = fakeClock();
  const events: Event[] = [];
  const from = world.entries.length;
  const stopping = stopper(world, circumstances);
  let failedAt: number | undefined;
  let written = 0;
  world.mood = mood;
  world.blind = circumstances.blind ?? false;
  world.counts.clear();
  const emit = (body: EventBody) => {
    const now = written++;
    const { failAt = Number.POSITIVE_INFINITY, once, only = body.type } = circumstances.recorderFails ?? {};
    if (failedAt === undefined ? now >= failAt && body.type === only : !once) {
      failedAt ??= world.entries.length;
      throw unrecorded();
    }
    // Outlines are long, and nothing here compares them.
    const light = 'procedure' in body ? { ...body, procedure: { ...body.procedure, outline: [] } } : body;
    const event = { ...light, at: clock.now().toISOString(), monotonicMs: clock.monotonic() } as Event;
    events.push(event);
    world.add({ is: 'record', event });
  };
  const about = circumstances.protected ? protectedSubject : subject;
  const end = await runSession({
    procedure,
    input: { at: '' },
    ports: portsOf(world),
    session: 's1',
    subject: about,
    configuration: {},
    operator: watched(createOperator(circumstances.given, person && personOf(person, world, clock)), world),
    emit,
    requireRecord: () => {
      if (!circumstances.noRecord) return;
      failedAt ??= world.entries.length;
      throw unrecorded();
    },
    guards: guardsOf(circumstances.guard, clock),
    redact: (value) => value,
    clock,
    stop: stopping.stop,
    dryRun: circumstances.dryRun,
    opening: openingOf(generated, history !== undefined, about),
    ...(history ? { history } : {}),
    ...(plan === undefined ? {} : { plan }),
    plans: async () => plans,
  });
  world.watcher = () => undefined;
  return { end, events, from, stoppedAt: stopping.stoppedAt(), failedAt };
};

/** What the dry runs have kept. */
const plans = planRecord();

const unrecorded = () => new RunbookError('unrecorded', 'The audit log could not be written: no space left on device.');

const stopper = (world: World, { stop: stopping }: Circumstances) => {
  const stop = createStop();
  const from = world.entries.length;
  let stoppedAt: number | undefined;
  world.watcher = (position) => {
    if (!stopping) return;
    if (position - from === stopping.at && stoppedAt === undefined) {
      stoppedAt = position;
      stop.request(new RunbookError('interrupted', 'Stopped by the operator.'));
    }
    if (stoppedAt !== undefined && stopping.again !== undefined && position === stoppedAt + stopping.again)
      stop.request(new RunbookError('interrupted', 'Stopped at once by the operator.'));
  };
  return { stop, stoppedAt: () => stoppedAt };
};

const openingOf = ({ procedure }: Generated, resumed: boolean, about: Subject): SessionOptions['opening'] => {
  const actor = { uid: 1000, login: 'ann', host: 'laptop' };
  if (resumed) return { type: 'session.resumed', session: 's1', actor, mode: 'interactive', done: [] };
  const { id, section, title, does } = procedure;
  return {
    type: 'session.opened',
    session: 's1',
    program: 'rb 0',
    procedure: { id, section, title, does, outline: outline(procedure) },
    input: { at: '' },
    subject: about,
    actor,
    mode: 'interactive',
    configuration: {},
  };
};

const portsOf = (world: World): PortSource => ({
  has: (name) => name !== 'gone',
  open: async (name) => {
    if (name === 'gone') throw new RunbookError('usage', 'no gone is configured');
    world.add({ is: 'call', call: 'open', step: `port ${name}` });
    await Promise.resolve();
    if (name === 'down' && world.mood === 'faulty') throw new RunbookError('unreachable', 'cannot connect to down.');
    if (world.nth(`open ${name}`) > 1) world.add({ is: 'fault', what: `${name} was opened twice` });
    return { name };
  },
});

const guardsOf = (guard: Circumstances['guard'], clock: FakeClock): readonly Guard[] => {
  if (!guard) return [];
  const asked = { question: 0, intent: 0 };
  const guardAt = async (at: 'question' | 'intent') => {
    await clock.sleep(guard.takesMs);
    if (guard.at === at && asked[at]++ >= guard.refuses) throw new RunbookError('refused', 'The lock is held.');
  };
  return [
    {
      beforeQuestion: () => guardAt('question'),
      beforeIntent: () => guardAt('intent'),
      release: async () => undefined,
    },
  ];
};

/** Each question is an entry under the path of its step. */
const watched = (operator: Operator, world: World): Operator => {
  const ask = (step: string) => world.add({ is: 'call', call: 'ask', step });
  return {
    ...operator,
    confirm: (request, uncovered) => {
      ask(request.step);
      return operator.confirm(request, uncovered);
    },
    choose: (step, question) => {
      ask(step);
      return operator.choose(step, question);
    },
    acknowledge: (step, title, instruction) => {
      ask(step);
      return operator.acknowledge(step, title, instruction);
    },
  };
};

const personOf = (person: Person, world: World, clock: FakeClock): Prompts => {
  let questions = 0;
  const answers = (): boolean => {
    clock.advance(person.thinksMs);
    const question = questions++;
    if (question === person.ctrlC) throw new RunbookError('interrupted', 'Stopped at the prompt.');
    return question !== person.no;
  };
  return {
    confirm: async ({ step }) => {
      const yes = answers();
      if (!yes) world.add({ is: 'said no', step });
      return yes;
    },
    choose: async ({ question, options }: Question) => {
      if (!answers()) return undefined;
      // "Was this done?" is answered with the truth.
      const asked = /^Was this done: (.*)\?$/.exec(question)?.[1];
      if (asked !== undefined) return world.has(asked) ? 'done' : 'not-done';
      const possible = options.filter(({ unavailable }) => unavailable === undefined);
      return possible[(person.choice + questions) % possible.length]?.id;
    },
    acknowledge: async () =>
      answers() ? { answer: (person.choice + questions) % 3 === 0 ? 'skipped' : 'done', note: '' } : undefined,
  };
};
