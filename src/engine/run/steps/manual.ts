import type { Answer } from '../../session/operator.ts';
import type { ManualStep } from '../../procedure/tree.ts';
import type { Frame } from '../frame.ts';
import type { Ended } from './stepped.ts';

/** What was answered in an earlier run is not asked again. */
export const runManual = async (frame: Frame, step: ManualStep, path: string): Promise<Ended> => {
  const { run } = frame;
  const recorded = run.history?.steps.get(path)?.answer;
  if (recorded) return ended(recorded);
  if (run.dryRun) {
    run.emit({ type: 'step.progress', step: path, note: `for a person: ${step.instruction}` });
    frame.pending.add(step);
    return { result: 'skipped' };
  }
  run.requireRecord();
  const answer = await run.operator.acknowledge(path, step.title, step.instruction);
  run.emit({ type: 'answer', step: path, ...answer });
  return ended(answer);
};

const ended = ({ answer }: Answer): Ended => ({ result: answer === 'skipped' ? 'skipped' : 'ok', data: answer });
