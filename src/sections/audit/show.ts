import { damaged } from '../../audit/record/chain.ts';
import { type Entry, newerIn } from '../../audit/read/read.ts';
import { formatDuration } from '../../words/ages.ts';
import type { Cell, Verdict } from '../../engine/finding.ts';
import { type StepState, stepsInCalls } from '../../engine/session/session-state.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Rb } from '../section.ts';
import { damagedExit, wantedSession } from './sessions.ts';

export const showSession = async (rb: Rb, session: string | undefined): Promise<void> => {
  const events: JsonObject[] = [];
  const on = ({ recorded: event }: Entry) => void events.push(event);
  const recorded = wantedSession(await rb.auditDirectory(), session, { on });
  const { path, problem, state } = recorded;
  const { opened, outcome } = state;
  const steps = stepsInCalls(state);
  const newer = newerIn(recorded);
  const status = opened ? 'not closed; rb resume goes on with it' : 'nothing is on record';
  const parts = [
    ...(problem ? [`${damaged(problem, 'DAMAGED')}; what comes after it is not shown`] : []),
    ...(outcome ? [`${outcome.status}: ${outcome.summary}`] : problem ? [] : [status]),
    ...(newer === undefined ? [] : [newer]),
  ];
  const title = opened ? `  ${opened.procedure.title} by ${opened.actor.login}` : '';
  await rb.show({
    verdict: problem ? 'critical' : outcome?.status === 'done' ? 'ok' : 'warn',
    summary: `${recorded.session}${title}: ${parts.join('; ')}`,
    evidence: {
      columns: [
        { title: 'begun' },
        { title: 'step' },
        { title: 'confirmed' },
        { title: 'took', align: 'right' },
        { title: 'result' },
      ],
      rows: steps.map(({ step, depth }): readonly Cell[] => [
        step.startedAt?.slice(11, 19) ?? null,
        '  '.repeat(depth) + nameOf(step),
        step.confirmation ? `${step.confirmation.decision} (${step.confirmation.by})` : null,
        step.ms === undefined ? null : formatDuration(step.ms),
        { text: resultOf(step), verdict: verdictOf(step) },
      ]),
    },
    data: {
      path,
      session: recorded.session,
      status: problem ? 'damaged' : (outcome?.status ?? 'open'),
      ...(problem && { damage: damaged(problem) }),
      ...(newer !== undefined && { newer }),
      steps: steps.map(({ step }) => ({
        id: step.id,
        title: step.title,
        result: resultWord(step),
        says: saidBy(step),
      })),
      events,
    },
  });
  if (problem) rb.exit(damagedExit);
};

/** A call says where it leads and what it was given. */
const nameOf = ({ title, call }: StepState): string => {
  if (!call) return title;
  const given = JSON.stringify(call.input);
  return `${title} (${call.procedure.section})${given === '{}' ? '' : ` ${given}`}`;
};

const resultWord = (step: StepState): string => step.result ?? (step.intentAt === undefined ? 'not done' : 'unknown');

/** Why it did not end well, or what was found. */
const saidBy = (step: StepState): string | null => step.error ?? step.finding?.summary ?? null;

const resultOf = (step: StepState): string => {
  const said = saidBy(step);
  return said === null ? resultWord(step) : `${resultWord(step)}: ${said}`;
};

const verdictOf = (step: StepState): Verdict => {
  if (step.result === 'ok') return step.finding?.verdict ?? 'ok';
  if (step.result === 'failed') return 'critical';
  return step.result === 'skipped' ? 'ok' : 'warn';
};
