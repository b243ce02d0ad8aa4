import type { Change } from '../../engine/change.ts';
import type { Event, SessionOutcome, StepOutcome } from '../../engine/events.ts';
import type { Finding } from '../../engine/finding.ts';
import type { Outline } from '../../engine/procedure.ts';
import { type SessionState, sessionFrom, type StepState } from '../../engine/session-state.ts';
import type { Tier } from '../../engine/tier.ts';
import type { Verification } from '../verify.ts';
import { type Moment, momentsOf } from './moments.ts';

/** One session for people: what the Markdown and the HTML report show. All times are ISO 8601 in UTC. */
export interface Report {
  readonly session: string;
  readonly program: string;
  readonly procedure: { readonly id: string; readonly section: string; readonly title: string };
  readonly service: string;
  readonly environment: string;
  /** `login@host`. */
  readonly operator: string;
  readonly mode: 'interactive' | 'scripted';
  readonly reason?: string;
  readonly ticket?: string;
  readonly startedAt: string;
  /** When the session was closed, or the last thing that is known of it. */
  readonly endedAt: string;
  readonly durationMs: number;
  /** `open`: it was never closed. */
  readonly status: SessionOutcome['status'] | 'open';
  readonly summary: string;
  readonly undone: readonly string[];
  readonly next: readonly string[];
  readonly resumed: readonly { readonly at: string; readonly by: string }[];
  readonly steps: readonly ReportedStep[];
  readonly timeline: readonly Moment[];
  /** What `verifyAudit` says about the file that this was read from. */
  readonly audit?: Verification;
}

/** One step with its five times; those that it did not come to are absent. */
export interface ReportedStep {
  readonly id: string;
  readonly title: string;
  readonly kind?: string;
  readonly tier?: Tier;
  readonly startedAt?: string;
  readonly decision?: { readonly at: string; readonly what: 'confirmed' | 'declined' | 'refused'; readonly by: string };
  readonly intentAt?: string;
  readonly verifiedAt?: string;
  readonly endedAt?: string;
  readonly ms?: number;
  /** `unknown` also where there is an intent and nobody recorded how it ended. */
  readonly result?: StepOutcome;
  readonly error?: string;
  readonly change?: Change;
  readonly finding?: Finding;
  readonly answer?: { readonly answer: string; readonly by: string; readonly note?: string };
  readonly notes: readonly { readonly at: string; readonly note: string }[];
}

/**
 * The report of a session from its events; undefined where the record of its opening is missing.
 *
 * @param audit what the verification of its file said, to be printed with it
 */
export const reportFrom = (events: readonly Event[], audit?: Verification): Report | undefined => {
  const state = sessionFrom(events);
  const { opened, outcome } = state;
  if (!opened) return undefined;
  const endedAt = state.closedAt ?? state.lastAt ?? opened.at;
  const { id, section, title } = opened.procedure;
  return {
    session: opened.session,
    program: opened.program,
    procedure: { id, section, title },
    service: opened.subject.service,
    environment: opened.subject.environment,
    operator: `${opened.actor.login}@${opened.actor.host}`,
    mode: opened.mode,
    ...(opened.reason !== undefined && { reason: opened.reason }),
    ...(opened.ticket !== undefined && { ticket: opened.ticket }),
    startedAt: opened.at,
    endedAt,
    durationMs: Math.max(0, Date.parse(endedAt) - Date.parse(opened.at)),
    status: outcome?.status ?? 'open',
    summary: outcome?.summary ?? 'The session was not closed: it still runs, is paused, or was cut off.',
    undone: outcome?.undone ?? notReached(opened.procedure.outline, state),
    next: outcome?.next ?? [`rb resume ${opened.session}`],
    resumed: state.resumed.map(({ at, login, host }) => ({ at, by: `${login}@${host}` })),
    steps: [...state.steps.values()].map((step) => reported(step, verificationTime(events, step))),
    timeline: momentsOf(events),
    ...(audit && { audit }),
  };
};

const reported = (step: StepState, verifiedAt: string | undefined): ReportedStep => {
  const { id, title, kind, tier, startedAt, confirmation, intentAt, endedAt, ms, error, change, finding, answer } =
    step;
  const result = step.result ?? (intentAt === undefined ? undefined : 'unknown');
  return {
    id,
    title,
    ...(kind !== undefined && { kind }),
    ...(tier !== undefined && { tier }),
    ...(startedAt !== undefined && { startedAt }),
    ...(confirmation && { decision: { at: confirmation.at, what: confirmation.decision, by: confirmation.by } }),
    ...(intentAt !== undefined && { intentAt }),
    ...(verifiedAt !== undefined && { verifiedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(ms !== undefined && { ms }),
    ...(result !== undefined && { result }),
    ...(error !== undefined && { error }),
    ...(change && { change }),
    ...(finding && { finding }),
    ...(answer && { answer }),
    notes: step.notes,
  };
};

/** When a change was seen to be done, or not: the first finding after the last intent. */
const verificationTime = (events: readonly Event[], step: StepState): string | undefined => {
  const intent = events.findLastIndex((event) => event.type === 'step.intent' && event.step === step.id);
  if (intent < 0) return undefined;
  return events.find((event, at) => at > intent && 'finding' in event && event.finding && event.step === step.id)?.at;
};

/** The titles of the steps that an unclosed session did not come to, or did not end. */
const notReached = (outline: Outline, state: SessionState): readonly string[] => {
  const begun = [...state.steps.values()];
  const unfinished = begun.filter((step) => step.result === undefined).map((step) => step.title);
  const never = outline.filter(
    (entry) => !begun.some((step) => step.id === entry.id || step.id.startsWith(`${entry.id}/`)),
  );
  return [...new Set([...unfinished, ...never.map((entry) => entry.title)])];
};
