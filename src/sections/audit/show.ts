import { formatDuration } from '../../engine/duration.ts';
import type { Cell, Verdict } from '../../engine/finding.ts';
import type { StepState } from '../../engine/session-state.ts';
import type { Rb } from '../section.ts';
import { openSession, pathOf } from './sessions.ts';

export const showSession = async (rb: Rb, session: string | undefined): Promise<void> => {
  const path = pathOf(await rb.auditDirectory(), session);
  const { recorded, state } = openSession(path);
  const steps = [...state.steps.values()];
  const ended = state.outcome
    ? `${state.outcome.status}: ${state.outcome.summary}`
    : 'not closed; rb resume goes on with it';
  await rb.show({
    verdict: state.outcome?.status === 'done' ? 'ok' : 'warn',
    summary: `${recorded.session}  ${state.opened?.procedure.title ?? 'no beginning on record'} by ${state.opened?.actor.login ?? 'nobody'}: ${ended}`,
    evidence: {
      columns: [
        { title: 'begun' },
        { title: 'step' },
        { title: 'confirmed' },
        { title: 'took', align: 'right' },
        { title: 'result' },
      ],
      rows: steps.map((step): readonly Cell[] => [
        step.startedAt?.slice(11, 19) ?? null,
        step.title,
        step.confirmation ? `${step.confirmation.decision} (${step.confirmation.by})` : null,
        step.ms === undefined ? null : formatDuration(step.ms),
        { text: resultOf(step), verdict: verdictOf(step) },
      ]),
    },
    data: { path, events: recorded.events } as never,
  });
};

const resultOf = (step: StepState): string => {
  const what = step.error ?? step.finding?.summary;
  const result = step.result ?? (step.intentAt === undefined ? 'not done' : 'unknown');
  return what === undefined ? result : `${result}: ${what}`;
};

const verdictOf = (step: StepState): Verdict => {
  if (step.result === 'ok') return step.finding?.verdict ?? 'ok';
  if (step.result === 'failed') return 'critical';
  return step.result === 'skipped' ? 'ok' : 'warn';
};
