import type { Change } from '../change.ts';
import type { ErrorKind } from '../errors.ts';
import type { AnyFinding, Table, Verdict } from '../finding.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Plan } from '../plan/plan-hash.ts';
import type { PlanEntry } from '../plan/plan-hash.ts';
import type { Outline } from '../procedure/outline.ts';
import type { Item } from '../procedure/specs.ts';
import type { StepKind } from '../procedure/tree.ts';
import type { Tier } from '../plan/tier.ts';
import type { Subject } from './subject.ts';

/** Who does it. */
export interface Actor {
  readonly uid: number;
  readonly login: string;
  readonly host: string;
}

export type StepOutcome = 'ok' | 'failed' | 'unknown' | 'skipped' | 'declined' | 'refused' | 'interrupted';

/** How a session ended. `done` is the only good end. */
export interface SessionOutcome {
  readonly status: 'done' | ErrorKind;
  /** The worst of the last look at each thing: a second look counts in place of the first. */
  readonly verdict: Verdict;
  /** One or a few lines: what happened and why. */
  readonly summary: string;
  /** How many changes were made, those before a resume included. */
  readonly applied: number;
  /** Titles of the steps that did not run, of every call from the inside out. */
  readonly undone: readonly string[];
  /** Commands worth typing next. */
  readonly next: readonly string[];
}

/** A procedure as the record has it. */
export interface RecordedProcedure {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly outline: Outline;
}

export interface SessionOpened {
  readonly type: 'session.opened';
  readonly session: string;
  readonly program: string;
  readonly procedure: RecordedProcedure & { readonly does: 'reads' | 'changes' };
  readonly input: Json;
  readonly subject: Subject;
  readonly actor: Actor;
  readonly mode: 'interactive' | 'scripted';
  readonly reason?: string;
  readonly ticket?: string;
  /** The configuration the session ran with, secrets as references: a resumed session compares it. Empty where nothing is recorded. */
  readonly configuration: JsonObject;
}

/** Everything that happens. The terminal, ndjson, the audit log and the reports all read this one stream. */
export type EventBody =
  | SessionOpened
  | {
      readonly type: 'session.resumed';
      readonly session: string;
      readonly actor: Actor;
      readonly mode: 'interactive' | 'scripted';
      readonly reason?: string;
      /** Titles of the steps that are done already. */
      readonly done: readonly string[];
    }
  | {
      readonly type: 'step.started';
      readonly step: string;
      /** The number of the step in the record; see `Context.mark`. */
      readonly n: number;
      readonly kind: StepKind;
      readonly title: string;
    }
  | { readonly type: 'finding'; readonly step: string; readonly finding: AnyFinding }
  /** Another procedure begins inside this one. Durable before its first step; what is resumed takes the input from here. */
  | {
      readonly type: 'call.opened';
      readonly step: string;
      readonly procedure: RecordedProcedure;
      readonly input: Json;
    }
  | {
      readonly type: 'call.closed';
      readonly step: string;
      readonly verdict: Verdict;
      readonly summary: string;
      /** What a look has declared as its result; null for a procedure that changes something. */
      readonly result: Json;
    }
  /** In a dry run: only a change, an answer or a watch would give what this step reads, so the planning of its branch ends here. */
  | { readonly type: 'step.depends'; readonly step: string; readonly title: string; readonly on: string }
  | { readonly type: 'items.planned'; readonly step: string; readonly items: readonly Item[] }
  | {
      readonly type: 'change.planned';
      readonly step: string;
      readonly title: string;
      readonly change: Change;
      readonly tier: Tier;
      readonly fingerprint: string;
    }
  | {
      readonly type: 'confirmation';
      readonly step: string;
      /** The steps that this one answer covers, with the fingerprints that were shown. */
      readonly covers: readonly { readonly step: string; readonly fingerprint: string }[];
      readonly tier: Tier;
      readonly decision: 'confirmed' | 'declined' | 'refused';
      /** What gave the answer: "prompt", "--yes", "--confirm", "--plan". */
      readonly by: string;
      readonly note?: string;
    }
  | { readonly type: 'plan.stale'; readonly step: string; readonly difference: readonly string[] }
  | {
      readonly type: 'step.intent';
      readonly step: string;
      readonly n: number;
      readonly tier: Tier;
      readonly change: Change;
      readonly fingerprint: string;
    }
  | {
      readonly type: 'step.progress';
      readonly step: string;
      readonly note?: string;
      readonly table?: Table;
      readonly status?: string;
      readonly share?: number;
    }
  | { readonly type: 'sample'; readonly step: string; readonly sample: Json }
  | {
      readonly type: 'answer';
      readonly step: string;
      readonly answer: string;
      readonly by: string;
      readonly advice?: string;
      readonly note?: string;
    }
  | {
      readonly type: 'step.result';
      readonly step: string;
      readonly result: StepOutcome;
      readonly ms: number;
      readonly finding?: AnyFinding;
      readonly error?: string;
      /** Why it did not end well; absent for an internal error. */
      readonly cause?: ErrorKind;
    }
  | {
      readonly type: 'plan.hash';
      readonly hash: string;
      readonly expires: string;
      readonly plan: Plan;
      /** Why `--plan` will refuse it. */
      readonly unusable?: string;
    }
  /** With `--plan`: what this session may do. A resumed one is held to it as well. */
  | { readonly type: 'plan.accepted'; readonly hash: string; readonly steps: readonly PlanEntry[] }
  | {
      readonly type: 'session.closed';
      readonly outcome: SessionOutcome;
      /** What a look has declared as its result. */
      readonly result?: Json;
    };

/** An event with the time it happened: `at` in UTC with milliseconds, `monotonicMs` on the clock of the process that saw it. */
export type Event = EventBody & { readonly at: string; readonly monotonicMs: number };
export type EventType = Event['type'];
