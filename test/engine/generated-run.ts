import { z } from 'zod';
import type { GivenAnswers, Prompts } from '../../src/engine/confirmation.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event } from '../../src/engine/events.ts';
import { createOperator } from '../../src/engine/operator.ts';
import { runSession } from '../../src/engine/session.ts';
import type { SessionEnd } from '../../src/engine/session.ts';
import type { SessionState } from '../../src/engine/session-state.ts';
import { createStop } from '../../src/engine/stop.ts';
import { fakeClock, opening, protectedSubject, recorder, subject } from './rig.ts';
import type { Recorder } from './rig.ts';
import type { Tree } from './trees.ts';
import { buildSteps } from './world.ts';
import type { Journal } from './world.ts';

/** What else happens during a generated run. Positions count the entries of this run in the journal, or its questions. */
export interface Circumstances {
  readonly mood: 'faulty' | 'healthy';
  readonly dryRun: boolean;
  readonly protected: boolean;
  /** The flags; absent: none. */
  readonly given: GivenAnswers;
  /** Absent: no terminal. */
  readonly person:
    | { readonly choice: number; readonly thinksMs: number; readonly no?: number; readonly ctrlC?: number }
    | undefined;
  readonly stop: { readonly at: number; readonly again?: number } | undefined;
  readonly recorderFails: { readonly failAt: number; readonly once: boolean } | undefined;
}

export interface GeneratedRun {
  readonly end: SessionEnd;
  readonly recorder: Recorder;
  /** Where in the journal the run began, the operator asked to stop, and the recorder failed. */
  readonly from: number;
  readonly stoppedAt: number | undefined;
  readonly failedAt: number | undefined;
}

/** Runs a generated tree; what it does is added to the journal. */
export const runGenerated = async (
  trees: readonly Tree[],
  journal: Journal,
  circumstances: Circumstances,
  history?: SessionState,
): Promise<GeneratedRun> => {
  const { mood, person, stop: stopping } = circumstances;
  const clock = fakeClock();
  const log = recorder(clock, circumstances.recorderFails);
  const stop = createStop();
  const from = journal.entries.length;
  let stoppedAt: number | undefined;
  let failedAt: number | undefined;
  journal.watcher = (position) => {
    if (!stopping) return;
    if (position - from === stopping.at && stoppedAt === undefined) {
      stoppedAt = position;
      stop.request(new RunbookError('interrupted', 'Stopped by the operator.'));
    }
    if (stoppedAt !== undefined && stopping.again !== undefined && position === stoppedAt + stopping.again)
      stop.request(new RunbookError('interrupted', 'Stopped at once by the operator.'));
  };
  const steps = buildSteps(trees, journal, mood);
  const about = circumstances.protected ? protectedSubject : subject;
  const generated = {
    id: 'generated',
    section: '0',
    title: 'Generated',
    needs: [],
    input: z.unknown(),
    steps,
  };
  const end = await runSession({
    procedure: generated,
    input: null,
    ports: {},
    session: 's1',
    subject: about,
    operator: createOperator(circumstances.given, person && personOf(person, journal, (ms) => clock.advance(ms))),
    emit: (event) => {
      try {
        log.emit(event);
      } catch (error) {
        failedAt ??= journal.entries.length;
        throw error;
      }
      journal.add({ is: 'record', event: log.events.at(-1) as Event });
    },
    clock,
    stop,
    dryRun: circumstances.dryRun,
    opening: opening(generated, history !== undefined, about),
    ...(history ? { history } : {}),
  });
  journal.watcher = () => undefined;
  return { end, recorder: log, from, stoppedAt, failedAt };
};

const personOf = (
  person: NonNullable<Circumstances['person']>,
  journal: Journal,
  think: (ms: number) => void,
): Prompts => {
  let questions = 0;
  const ask = (step: string): boolean => {
    journal.add({ is: 'call', call: 'ask', step });
    think(person.thinksMs);
    const question = questions++;
    if (question === person.ctrlC) throw new RunbookError('interrupted', 'Stopped at the prompt.');
    return question !== person.no;
  };
  return {
    confirm: async (request) => ask(request.step),
    choose: async ({ title, options }) => {
      if (!ask(title)) return undefined;
      // "Was this done?" is answered with the truth.
      if (options.some((option) => option.id === 'not-done')) return journal.has(title) ? 'done' : 'not-done';
      return options[(person.choice + questions) % options.length]?.id;
    },
    acknowledge: async ({ instruction }) =>
      ask(instruction) ? { answer: (person.choice + questions) % 3 === 0 ? 'skipped' : 'done', note: '' } : undefined,
  };
};
