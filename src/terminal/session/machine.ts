import type { Event } from '../../engine/session/events.ts';
import type { PlanFile } from '../../engine/plan/plan-file.ts';
import { appliedIn, applyEvent, emptySession } from '../../engine/session/session-state.ts';
import type { CallState, SessionState, StepState } from '../../engine/session/session-state.ts';
import type { Terminal } from '../sink.ts';

/** A reader of the event stream that writes for programs: no prose on standard output. */
export interface MachineReader {
  on(event: Event): void;
  close(): void;
}

/** `-o ndjson`: each event as one line, when it happens. */
export const createNdjsonReader = (terminal: Pick<Terminal, 'ndjson'>): MachineReader => ({
  on: (event) => terminal.ndjson(event),
  close: () => undefined,
});

/** `-o json`: one document at the end; see {@link sessionDocument}. */
export const createJsonReader = (terminal: Pick<Terminal, 'json'>): MachineReader => {
  const state = emptySession();
  let plan: PlanFile | undefined;
  return {
    on: (event) => {
      applyEvent(state, event);
      if (event.type === 'plan.hash') plan = { hash: event.hash, expires: event.expires, ...event.plan };
    },
    close: () => terminal.json({ ...sessionDocument(state), ...(plan ? { plan } : {}) }),
  };
};

/**
 * A session for programs. Version 1: fields may be added, and none is renamed, removed or given another meaning. What does not apply is null.
 *
 * - `version`: 1
 * - `session`, `procedure` (its id), `section`, `title`, `service`, `environment`, `startedAt`, `endedAt`: null before the session opened
 * - `outcome`: `{status, verdict, summary, applied, undone, next}`, null while it is open; `status` is `done` or the kind of error
 * - `verdict`: the worst of the last look at each thing: `ok | warn | critical | unknown`; null while it is open
 * - `applied`: how many changes were made, those before a resume included
 * - `result`: what a procedure that only reads has declared as its result: the form for scripts
 * - `steps`, in the order in which they began: `{id, n, title, kind, result, ms, finding, tier, change, confirmation, answer, call, depends,
 *   error, cause, notes}`; `id` is the step's path, `finding` is `{verdict, summary, data, evidence, next}`; `call`, where the step is one, is
 *   `{procedure, input, verdict, summary, result}` with the id of the procedure; `depends`, in a dry run, is the title of the step without
 *   which it cannot be planned; `cause` is the kind of `error`
 * - `plan`, in a dry run: `{hash, expires, procedure, outline, input, subject, configuration, steps}`. `--plan` takes a file with this document
 */
const sessionDocument = (state: SessionState) => {
  const { opened, outcome } = state;
  return {
    version: 1,
    session: opened?.session ?? null,
    procedure: opened?.procedure.id ?? null,
    section: opened?.procedure.section ?? null,
    title: opened?.procedure.title ?? null,
    service: opened?.subject.service ?? null,
    environment: opened?.subject.environment ?? null,
    startedAt: opened?.at ?? null,
    endedAt: state.closedAt ?? null,
    outcome: outcome ?? null,
    verdict: outcome?.verdict ?? null,
    applied: outcome?.applied ?? appliedIn(state),
    result: state.result ?? null,
    steps: [...state.steps.values()].map(stepDocument),
  };
};

const stepDocument = (step: StepState) => ({
  id: step.id,
  n: step.n ?? null,
  title: step.title,
  kind: step.kind ?? null,
  result: step.result ?? null,
  ms: step.ms ?? null,
  finding: step.finding
    ? {
        verdict: step.finding.verdict,
        summary: step.finding.summary,
        data: step.finding.data ?? null,
        evidence: step.finding.evidence ?? null,
        next: step.finding.next ?? [],
      }
    : null,
  tier: step.tier ?? null,
  change: step.change ?? null,
  confirmation: step.confirmation ?? null,
  answer: step.answer ?? null,
  call: step.call ? callDocument(step.call) : null,
  depends: step.depends ?? null,
  error: step.error ?? null,
  cause: step.cause ?? null,
  notes: step.notes,
});

const callDocument = ({ procedure, input, closed }: CallState) => ({
  procedure: procedure.id,
  input,
  verdict: closed?.verdict ?? null,
  summary: closed?.summary ?? null,
  result: closed?.result ?? null,
});
