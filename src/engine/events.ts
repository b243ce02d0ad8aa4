import type { Change } from './change.ts';
import type { ErrorKind } from './errors.ts';
import type { Finding, Table } from './finding.ts';
import type { Json, JsonObject } from './json.ts';
import type { Item, Outline, StepKind } from './procedure.ts';
import type { Tier } from './tier.ts';

/** Who does it. */
export interface Actor {
  readonly uid: number;
  readonly login: string;
  readonly host: string;
}

/** What a session is about; the same on each of its records. */
export interface Subject {
  readonly service: string;
  readonly environment: string;
  /** A protected environment asks for more at tier 2; see `confirmation.ts`. */
  readonly protected: boolean;
}

export type StepOutcome = 'ok' | 'failed' | 'unknown' | 'skipped' | 'declined' | 'refused' | 'interrupted';

/** How a session ended. `done` is the only good end. */
export interface SessionOutcome {
  readonly status: 'done' | ErrorKind;
  /** One or a few lines: what happened and why. */
  readonly summary: string;
  /** Titles of the steps that did not run. */
  readonly undone: readonly string[];
  /** Commands worth typing next. */
  readonly next: readonly string[];
}

export interface SessionOpened {
  readonly type: 'session.opened';
  readonly session: string;
  readonly program: string;
  readonly procedure: {
    readonly id: string;
    readonly section: string;
    readonly title: string;
    readonly outline: Outline;
  };
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
  | { readonly type: 'step.started'; readonly step: string; readonly kind: StepKind; readonly title: string }
  | { readonly type: 'finding'; readonly step: string; readonly finding: Finding }
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
      readonly finding?: Finding;
      readonly error?: string;
    }
  | { readonly type: 'plan.hash'; readonly hash: string; readonly expires: string }
  | { readonly type: 'session.closed'; readonly outcome: SessionOutcome };

/** An event with the time it happened: `at` in UTC with milliseconds, `monotonicMs` on the clock of the process that saw it. */
export type Event = EventBody & { readonly at: string; readonly monotonicMs: number };
export type EventType = Event['type'];
