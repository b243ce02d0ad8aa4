import { messageOf, RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../engine/finding.ts';
import type { Call } from '../port.ts';
import { age, instancesTable } from '../shared/instances-table.ts';
import { instancesData, instancesKey } from './describe.ts';
import type { CommandsDone, Seen, Service } from './service.ts';

/** One look at everything. */
export interface Look {
  readonly instances: readonly Seen[];
  /** A command of the change is still at work. `undefined`: cannot be seen here. */
  readonly commandRunning: boolean | undefined;
  /** Milliseconds on the clock that never jumps. */
  readonly at: number;
  /** Milliseconds since the wait began, not counting the time in which a command of the change was still at work. */
  readonly waitedMs: number;
}

const pauses = [250, 250, 250, 500];
const longPause = 1000;
const blindForMs = 10_000;

/**
 * Looks again and again until `judge` has a finding; `late` gives it when the configured time is over. Reports the table of the instances when it changes.
 * When they cannot be listed for 10 s the finding is `unknown`.
 */
export const follow = async (
  service: Service,
  call: Call,
  receipt: CommandsDone | undefined,
  judge: (look: Look) => Finding | undefined,
  late: (look: Look) => Finding,
): Promise<AnyFinding> => {
  const report = reporter(call);
  let began = call.clock.monotonic();
  let seenAt = began;
  let noted = false;
  // However long a command was allowed to take: one that outlives even that is not waited for.
  const commandUntil = began + service.config.readyTimeoutMs + service.config.drainMs;
  for (let turn = 0; ; turn++) {
    // In this order: a command that ends between the two has left its mark on what is then seen.
    const commandRunning = receipt ? false : await service.stillRunning(call.mark);
    let instances: readonly Seen[] | undefined;
    try {
      instances = await service.instances(call.signal);
    } catch (error) {
      call.signal.throwIfAborted();
      if (!(error instanceof RunbookError) || error.kind !== 'unreachable') throw error;
      if (call.clock.monotonic() - seenAt > blindForMs)
        return { verdict: 'unknown', summary: `how it ended cannot be seen: ${messageOf(error)}` };
    }
    const at = call.clock.monotonic();
    if (commandRunning && at < commandUntil) {
      began = at;
      if (!noted) call.report({ note: 'the command of the interrupted session is still running: waiting for it' });
      noted = true;
    }
    if (instances) {
      seenAt = at;
      report(instances);
      const look: Look = { instances, commandRunning: commandRunning && at < commandUntil, at, waitedMs: at - began };
      const finding = judge(look) ?? (look.waitedMs >= service.config.readyTimeoutMs ? late(look) : undefined);
      if (finding) return withEvidence(finding, instances, call);
    }
    await call.clock.sleep(pauses[turn] ?? longPause, call.signal);
  }
};

/** Runs `work` and reports the table of the instances meanwhile, whenever it changes. */
export const whileWatching = async <T>(service: Service, call: Call, work: Promise<T>): Promise<T> => {
  const over = new AbortController();
  const signal = AbortSignal.any([call.signal, over.signal]);
  const report = reporter(call);
  const watching = (async () => {
    while (!signal.aborted) {
      await call.clock.sleep(longPause, signal);
      // Not being able to look for a moment is no reason to stop what is being done.
      const instances = await service.instances(signal).catch(() => undefined);
      if (instances && !signal.aborted) report(instances);
    }
  })().catch(() => undefined);
  try {
    return await work;
  } finally {
    over.abort();
    await watching;
  }
};

const reporter = (call: Call) => {
  let last = '';
  return (instances: readonly Seen[]) => {
    const key = instancesKey(instances);
    if (key === last) return;
    last = key;
    call.report({ table: instancesTable(instances, call.clock.now()) });
  };
};

const withEvidence = (finding: Finding, instances: readonly Seen[], call: Call): AnyFinding => ({
  evidence: instancesTable(instances, call.clock.now()),
  ...finding,
  data: { instances: instancesData(instances) },
});

export const waited = (look: Look): string => age(look.waitedMs);
