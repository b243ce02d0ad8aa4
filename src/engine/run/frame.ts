import type { Change } from '../change.ts';
import type { Clock } from '../clock.ts';
import type { EventBody } from '../session/events.ts';
import type { Subject } from '../session/subject.ts';
import type { AnyFinding } from '../finding.ts';
import type { Guard } from '../session/guard.ts';
import type { Json } from '../json.ts';
import type { Operator } from '../session/operator.ts';
import type { PlanEntry } from '../plan/plan-hash.ts';
import type { ActionStep, AnyProcedure, AnyStep } from '../procedure/tree.ts';
import type { SessionState } from '../session/session-state.ts';
import type { Stop } from '../session/stop.ts';
import type { Effects, Expected } from './change/expected.ts';
import type { PortSource } from './ports.ts';

export interface RunOptions {
  readonly procedure: AnyProcedure;
  readonly input: Json;
  readonly ports: PortSource;
  readonly session: string;
  readonly subject: Subject;
  readonly operator: Operator;
  /** Records, then shows. Throws `RunbookError('unrecorded')` where the record could not be written: nothing may be changed after that. */
  readonly emit: (event: EventBody) => void;
  /** Called before the first question and before each intent. Throws `RunbookError('unrecorded')` where there can be no record. */
  readonly requireRecord: () => void;
  /** What may forbid a change. */
  readonly guards?: readonly Guard[];
  readonly clock: Clock;
  readonly stop: Stop;
  readonly dryRun: boolean;
  /** Takes secrets out of what is printed. A plan is compared as it was printed. */
  readonly redact: <Value>(value: Value) => Value;
  /** What an earlier run of this session did. */
  readonly history?: SessionState;
  /** With `--plan`: what was planned under its hash. */
  readonly expected?: Expected;
}

/** The state of one run of a session, whatever calls it is in. Steps are known by their path: the ids around them and their own, joined by `/`. */
export interface Run extends Omit<RunOptions, 'procedure' | 'input'> {
  /** The numbers of the steps; see `Context.mark`. */
  readonly numbers: Map<string, number>;
  readonly planned: PlanEntry[];
  readonly undone: Undone[];
  readonly effects: Effects;
  /** `<decision>/<option>` of each option that `--answer` has chosen. */
  readonly chosen: Set<string>;
  /** More than one call of the session may change something: then a flag covers only what was seen before; see `confirm`. */
  readonly manyCalls: boolean;
  /** How many changes were made, those of earlier runs included. */
  applied: number;
  /** Changes of earlier runs of which it is not known yet what became of them, by path. */
  readonly unsettled: Set<string>;
  /** How many intents of this run are on record, and the highest number of a step. */
  readonly counters: { intents: number; steps: number };
  /** When the first change began, on the monotonic clock. */
  changedAt?: number;
  /** Calls that did not end well, the innermost first. */
  readonly left: Frame[];
  /** Set once a record could not be written: nothing is recorded, so nothing is changed, after it. */
  readonly recording: { readonly failed: boolean; readonly failure?: unknown };
  readonly root: AnyProcedure;
}

/** A step that was not done. */
export interface Undone {
  readonly path: string;
  readonly title: string;
}

/** A change that was made, and may be taken back. */
export interface Done {
  readonly step: ActionStep;
  readonly path: string;
  readonly change: Change;
  readonly frame: Frame;
}

/** One call of a procedure: its input and what its steps have seen. A step object is looked up in the frame that it runs in. */
export interface Frame {
  readonly run: Run;
  readonly procedure: AnyProcedure;
  /** Of the call; empty for the procedure that the session runs. */
  readonly path: string;
  readonly input: Json;
  readonly parent?: Frame;
  readonly seen: Map<AnyStep, AnyFinding>;
  readonly data: Map<AnyStep, Json>;
  readonly items: Map<AnyStep, { readonly id: string; finding?: AnyFinding }[]>;
  /** Those inside it that have ended. */
  readonly calls: Map<AnyStep, Frame>;
  /** In a dry run: steps whose data only a change, an answer or a watch would give. */
  readonly pending: Set<AnyStep>;
  /** Steps on whose findings an intent of an earlier run rests: they are evidence again. */
  readonly restored: ReadonlySet<AnyStep>;
  /** Changes of this call, and of those inside it, whose undo has not been offered yet. */
  done: readonly Done[];
  /** An intent of this call, or of one inside it, is on record. */
  began: boolean;
  failed?: { readonly step: AnyStep; readonly item?: string };
  undone: boolean;
}

/** The frame and those around it, from the inside out. */
export function* around(frame: Frame): Generator<Frame> {
  for (let one: Frame | undefined = frame; one; one = one.parent) yield one;
}

/** In a dry run: marks a step, and those inside it, as one whose data only a change, an answer or a watch would give. */
export const pend = (frame: Frame, step: AnyStep): void => {
  frame.pending.add(step);
  if (step.kind === 'parallel') for (const inner of step.steps) pend(frame, inner);
  if (step.kind === 'decision')
    for (const { steps } of Object.values(step.options)) for (const inner of steps) pend(frame, inner);
};

export const join = (parent: string, id: string): string => (parent ? `${parent}/${id}` : id);
/** The path of an item of a group. */
export const itemPath = (group: string, id: string): string => `${group}/${encodeURIComponent(id)}`;

export const numberOf = ({ numbers, counters }: Run, path: string): number => {
  const known = numbers.get(path);
  if (known !== undefined) return known;
  counters.steps += 1;
  numbers.set(path, counters.steps);
  return counters.steps;
};
