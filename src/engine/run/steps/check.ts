import { RunbookError } from '../../errors.ts';
import type { AnyFinding } from '../../finding.ts';
import type { AnyContext, CallStep, CheckStep } from '../../procedure/tree.ts';
import { parsed } from '../data.ts';
import type { Frame } from '../frame.ts';
import { isFromOpening } from '../ports.ts';
import { keep } from './stepped.ts';
import type { Ended } from './stepped.ts';

export const runCheck = async (frame: Frame, step: CheckStep, context: AnyContext): Promise<Ended> => {
  // There is nothing to verify where nothing was changed.
  if (step.role === 'verification' && frame.run.dryRun) {
    frame.pending.add(step);
    return { result: 'skipped' };
  }
  const looked = await look(frame, step, context);
  if (looked.verdict === 'critical' && step.role !== 'evidence') {
    keep(frame, step, looked, undefined);
    if (step.role === 'precondition') throw new RunbookError('refused', `${looked.summary}.`);
    throw new RunbookError('failed', `${step.title}: ${looked.summary}.`);
  }
  return looked.data === undefined
    ? { result: 'ok', finding: looked }
    : { result: 'ok', finding: looked, data: looked.data };
};

const look = async (frame: Frame, step: CheckStep, context: AnyContext): Promise<AnyFinding> => {
  try {
    const finding = await step.look(context);
    return step.data ? { ...finding, data: parsed(step.title, step.data, finding.data) } : finding;
  } catch (error) {
    const finding = tolerated(frame, step, error);
    if (finding) return finding;
    throw error;
  }
};

/**
 * What a failure is worth where a step may be blind: unavailable evidence is `unknown`, never `ok`, and does not keep a procedure from
 * running that exists to fix things. Undefined: the failure is one.
 */
export const tolerated = (
  { run, procedure }: Frame,
  step: CheckStep | CallStep,
  error: unknown,
): AnyFinding | undefined => {
  const evidence = step.kind === 'call' ? step.procedure.does === 'reads' : step.role === 'evidence';
  const tolerant = step.tolerant === true || (evidence && procedure.does === 'changes');
  if (!tolerant || run.stop.soft.aborted || !(error instanceof RunbookError)) return undefined;
  if (error.kind !== 'unreachable' && !isFromOpening(error)) return undefined;
  return { verdict: 'unknown', summary: `cannot see: ${error.message.replace(/\.$/, '')}` };
};
