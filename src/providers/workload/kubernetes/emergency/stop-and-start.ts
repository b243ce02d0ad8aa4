import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import { operation } from '../../shared/operation.ts';
import { mayPass, persistently } from '../../shared/persistently.ts';
import type { Call, Workload } from '../../port.ts';
import { drain } from './drain.ts';
import { EmergencyData, planStopAndStart } from './emergency-plan.ts';
import { removeNote, writeNote } from './emergency-note.ts';
import { heldTitle, hold, holdCommands, release } from '../count/hold.ts';
import { scaleCommand } from '../count/scale.ts';
import type { Service } from '../service.ts';
import { setCount } from '../count/set-count.ts';
import { verifyStarted } from './started.ts';

/**
 * Scales to 0, waits for the drain, scales back, with the autoscaler held meanwhile. What it takes away is noted on the object first, and
 * given back whatever happened in between: `rb resume`, or another emergency restart, goes on where one was cut off.
 */
export const stopAndStartOperation = (service: Service): Workload['stopAndStart'] =>
  operation({
    change: EmergencyData,
    plan: (_, call, interrupted) => planStopAndStart(service, call, interrupted),
    apply: ({ data }, call) => applyStopAndStart(service, data, call),
    verify: ({ data }, call) => verifyStarted(service, data, call),
  });

const applyStopAndStart = async (service: Service, data: EmergencyData, call: Call): Promise<void> => {
  const { to: replicas, autoscaler, uid, generation } = data;
  call.signal.throwIfAborted();
  const note = { session: call.mark, at: call.clock.now().toISOString(), replicas, autoscaler };
  await writeNote(service, note, { uid, generation }, call);
  let stopping = data.onlyStart;
  let problem: { readonly error: unknown } | undefined;
  try {
    if (autoscaler) await hold(service, autoscaler, call);
    if (!data.onlyStart) {
      stopping = true;
      await setCount(service, 0, { uid, replicas: data.present }, call).catch((error: unknown) => {
        // A refusal is the server's word that nothing was changed.
        if (error instanceof RunbookError && error.kind === 'refused') stopping = false;
        throw error;
      });
    }
    if (!data.onlyStart || data.present === 0) await drain(service, call);
  } catch (error) {
    problem = { error };
    if (stopping) call.report({ note: `stopping did not end well: starting the ${replicas} again` });
  }
  await giveBack(service, data, stopping, call);
  if (problem) throw givenBack(problem.error, stopping, call);
};

/**
 * Also when the step was told to stop: a service that is left stopped is worse than a late answer to Ctrl-C. What cannot be given back keeps
 * nothing else from being so; the note stays until all of it is.
 */
const giveBack = async (service: Service, data: EmergencyData, stopped: boolean, told: Call): Promise<void> => {
  const call: Call = {
    clock: told.clock,
    mark: told.mark,
    report: told.report,
    signal: new AbortController().signal,
  };
  const { autoscaler, to } = data;
  const failures: Failure[] = [];
  const attempt = async (work: () => Promise<unknown>, what: string, byHand: readonly string[]): Promise<void> => {
    await persistently(call, work).catch((cause: unknown) => void failures.push({ what, cause, byHand }));
  };
  if (stopped)
    await attempt(() => start(service, data, call), 'the instances were stopped and could not be started again', [
      `start them by hand: ${scaleCommand(service, 0, to)}`,
    ]);
  const state = !stopped
    ? 'nothing was stopped, but '
    : failures.length === 0
      ? 'the instances are started again, but '
      : '';
  if (autoscaler)
    await attempt(
      () => release(service, autoscaler, call),
      `${state}${heldTitle(autoscaler)} is still held`,
      holdCommands(service, autoscaler).release,
    );
  if (failures.length === 0)
    await attempt(
      () => removeNote(service, call),
      'everything was given back, but the note about it is still on the object',
      [],
    );
  if (failures.length > 0) throw notGivenBack(failures);
};

/** What could not be given back, and the commands that do it. */
interface Failure {
  readonly what: string;
  readonly cause: unknown;
  readonly byHand: readonly string[];
}

/** As many as there were; more are left as they are: somebody else wanted them. */
const start = async (service: Service, { to, uid }: EmergencyData, call: Call): Promise<void> => {
  const { replicas } = await service.read(call.signal);
  if (replicas < to) await setCount(service, to, { uid, replicas }, call);
};

const notGivenBack = (failures: readonly Failure[]): RunbookError =>
  new RunbookError(
    failures.some(({ cause }) => mayPass(cause)) ? 'unknown' : 'failed',
    failures.map(({ what, cause }) => `${what}: ${messageOf(cause)}`).join('. '),
    { next: failures.flatMap(({ byHand }) => byHand), cause: failures[0]?.cause },
  );

const givenBack = (error: unknown, stopped: boolean, { signal }: Call): RunbookError => {
  const kind = error instanceof RunbookError ? error.kind : signal.aborted ? 'unknown' : 'failed';
  const why = signal.aborted ? 'interrupted' : messageOf(error);
  return new RunbookError(
    signal.aborted ? 'unknown' : kind,
    `${why}${stopped ? ' while the instances were stopped; they were started again' : '; nothing was stopped'}`,
    { next: ['rb restart status'], cause: error },
  );
};
