import type { Event } from '../engine/events.ts';
import { worst } from '../engine/finding.ts';
import { applyEvent, emptySession } from '../engine/session-state.ts';
import type { SessionState, StepState } from '../engine/session-state.ts';
import type { Terminal } from './sink.ts';

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
  let plan: { readonly hash: string; readonly expires: string } | undefined;
  return {
    on: (event) => {
      applyEvent(state, event);
      if (event.type === 'plan.hash') plan = { hash: event.hash, expires: event.expires };
    },
    close: () => terminal.json({ ...sessionDocument(state), ...(plan ? { plan } : {}) }),
  };
};

/**
 * A session for programs. Stable: fields are added, never renamed or removed.
 *
 * - `session`, `procedure` (its id), `section`, `title`, `service`, `environment`, `startedAt`, `endedAt`: null before the session opened
 * - `outcome`: `{status, summary, undone, next}`, null while it is open; `status` is `done` or the kind of error
 * - `verdict`: the worst finding of all steps: `ok | warn | critical | unknown`
 * - `steps`, in the order in which they began: `{id, title, kind, result, ms, finding, tier, change, confirmation, answer,
 *   error, notes}`; what does not apply is null; `finding` is `{verdict, summary, data, evidence}`
 * - `plan`, in a dry run: `{hash, expires}`
 */
const sessionDocument = (state: SessionState) => {
  const { opened } = state;
  const steps = [...state.steps.values()];
  return {
    session: opened?.session ?? null,
    procedure: opened?.procedure.id ?? null,
    section: opened?.procedure.section ?? null,
    title: opened?.procedure.title ?? null,
    service: opened?.subject.service ?? null,
    environment: opened?.subject.environment ?? null,
    startedAt: opened?.at ?? null,
    endedAt: state.closedAt ?? null,
    outcome: state.outcome ?? null,
    verdict: worst(steps.flatMap((step) => (step.finding ? [step.finding.verdict] : []))),
    steps: steps.map(stepDocument),
  };
};

const stepDocument = (step: StepState) => ({
  id: step.id,
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
      }
    : null,
  tier: step.tier ?? null,
  change: step.change ?? null,
  confirmation: step.confirmation ?? null,
  answer: step.answer ?? null,
  error: step.error ?? null,
  notes: step.notes,
});
