import type { Change } from '../../engine/change.ts';
import type { Event, SessionOutcome, StepOutcome } from '../../engine/session/events.ts';
import type { AnyFinding, Verdict } from '../../engine/finding.ts';
import type { Json } from '../../engine/json.ts';
import { type CallState, type SessionState, type StepState, stepsInCalls } from '../../engine/session/session-state.ts';
import type { Tier } from '../../engine/plan/tier.ts';
import type { Entry } from '../read/read.ts';
import type { Verification } from '../read/verify.ts';
import { collectMoments, type Moment } from './moments.ts';
import { notReached } from './not-reached.ts';

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
  /** Each call with its steps after it. */
  readonly steps: readonly ReportedStep[];
  readonly timeline: readonly Moment[];
  /** What the log holds besides, recorded by a version of `rb` that knows more. */
  readonly unknownKinds: readonly string[];
  /** What `verifyAudit` says about the file that this was read from. */
  readonly audit?: Verification;
}

/** One step with its five times; those that it did not come to are absent. */
export interface ReportedStep {
  readonly id: string;
  /** How many calls it is in. */
  readonly depth: number;
  readonly title: string;
  readonly kind?: string;
  readonly tier?: Tier;
  readonly startedAt?: string;
  readonly decision?: { readonly at: string; readonly what: 'confirmed' | 'declined' | 'refused'; readonly by: string };
  readonly intentAt?: string;
  readonly verifiedAt?: string;
  readonly endedAt?: string;
  readonly ms?: number;
  /** The step is a call of another procedure. `verdict` and `summary` are absent where it was not closed. */
  readonly call?: ReportedCall;
  /** `unknown` also where there is an intent and it is not on record how it ended. */
  readonly result?: StepOutcome;
  /** The result comes from the spill file: the log could not be written when the step ended. */
  readonly spilled?: true;
  readonly error?: string;
  readonly change?: Change;
  readonly finding?: AnyFinding;
  readonly answer?: { readonly answer: string; readonly by: string; readonly note?: string };
  readonly notes: readonly { readonly at: string; readonly note: string }[];
}

export interface ReportedCall {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly input: Json;
  readonly verdict?: Verdict;
  readonly summary?: string;
}

/** Collects, while a session is read, what its report needs besides its state. */
export const collectReport = () => {
  const timeline = collectMoments();
  const verified = collectVerifications();
  const spilled = new Set<string>();
  return {
    on: ({ event, spilled: isSpilled }: Entry): void => {
      if (!event) return;
      timeline.on(event, isSpilled);
      verified.on(event);
      if (event.type !== 'step.result') return;
      if (isSpilled) spilled.add(event.step);
      else spilled.delete(event.step);
    },
    /**
     * The report; undefined where the record of the session's opening is missing.
     *
     * @param audit what the verification of its file said, to be printed with it
     */
    report: (state: SessionState, audit?: Verification): Report | undefined =>
      reportFrom(state, { timeline: timeline.moments, verifiedAt: verified.at, spilled }, audit),
  };
};

interface Collected {
  readonly timeline: readonly Moment[];
  readonly verifiedAt: ReadonlyMap<string, string>;
  readonly spilled: ReadonlySet<string>;
}

const reportFrom = (
  state: SessionState,
  { timeline, verifiedAt, spilled }: Collected,
  audit: Verification | undefined,
): Report | undefined => {
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
    summary: outcome?.summary ?? noEnd(audit),
    undone: outcome?.undone ?? notReached(opened.procedure.outline, state),
    next: outcome?.next ?? [`rb ${audit?.problem ? 'audit verify' : 'resume'} ${opened.session}`],
    resumed: state.resumed.map(({ at, login, host }) => ({ at, by: `${login}@${host}` })),
    steps: stepsInCalls(state).map(({ step, depth }) => ({
      ...reported(step, depth, verifiedAt.get(step.id)),
      ...(spilled.has(step.id) && { spilled: true as const }),
    })),
    timeline,
    unknownKinds: state.unknownKinds,
    ...(audit && { audit }),
  };
};

const noEnd = (audit: Verification | undefined): string =>
  audit?.problem
    ? 'The log is damaged before any end of the session: how it ended is not known.'
    : 'The session was not closed: it still runs, is paused, or was cut off.';

const reported = (step: StepState, depth: number, verifiedAt: string | undefined): ReportedStep => {
  const { id, title, kind, tier, startedAt, confirmation, intentAt, endedAt, ms, error, change, finding, answer } =
    step;
  const result = step.result ?? (intentAt === undefined ? undefined : 'unknown');
  return {
    id,
    depth,
    title,
    ...(kind !== undefined && { kind }),
    ...(tier !== undefined && { tier }),
    ...(startedAt !== undefined && { startedAt }),
    ...(confirmation && { decision: { at: confirmation.at, what: confirmation.decision, by: confirmation.by } }),
    ...(intentAt !== undefined && { intentAt }),
    ...(verifiedAt !== undefined && { verifiedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(ms !== undefined && { ms }),
    ...(step.call && { call: reportedCall(step.call) }),
    ...(result !== undefined && { result }),
    ...(error !== undefined && { error }),
    ...(change && { change }),
    ...(finding && { finding }),
    ...(answer && { answer }),
    notes: step.notes,
  };
};

const reportedCall = ({ procedure: { id, section, title }, input, closed }: CallState): ReportedCall => ({
  id,
  section,
  title,
  input,
  ...(closed && { verdict: closed.verdict, summary: closed.summary }),
});

/** When each change was seen to be done, or not: the first finding after its last intent that could tell. */
const collectVerifications = () => {
  const begun = new Set<string>();
  const at = new Map<string, string>();
  return {
    at,
    on: (event: Event): void => {
      if (event.type === 'step.intent') {
        begun.add(event.step);
        at.delete(event.step);
      }
      if (!('finding' in event) || !event.finding || event.finding.verdict === 'unknown') return;
      if (begun.has(event.step) && !at.has(event.step)) at.set(event.step, event.at);
    },
  };
};
