import * as z from 'zod/mini';
import type { Change } from '../../../engine/change.ts';
import { messageOf, RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../engine/finding.ts';
import { poll } from '../../../engine/poll.ts';
import { shown } from '../../../clients/process/shown.ts';
import { operation } from '../shared/operation.ts';
import type { Call, Workload } from '../port.ts';
import { Before, beforeOf } from './before.ts';
import { followComeback, isNew, type Standing } from './comeback.ts';
import { age, instancesTable } from '../shared/instances-table.ts';
import { isDown, isStopped } from './describe.ts';
import { listing } from '../../../words/listing.ts';
import { counted } from '../../../words/counts.ts';
import { follow, type Look, whileWatching } from './follow.ts';
import { tooLate } from './restart.ts';
import { commandsDone, type CommandsDone, type Seen, type Service } from './service.ts';

const StartData = z.object({
  before: z.array(Before),
  /** How many to start. */
  to: z.number(),
  /** An interrupted session has stopped them already. */
  onlyStart: z.boolean(),
});
type StartData = z.output<typeof StartData>;

/** Stops everything, waits for the drain, starts again whatever happened in between. */
export const stopAndStartOperation = (service: Service): Workload['stopAndStart'] =>
  operation({
    change: StartData,
    plan: (_, call, interrupted) => planStopAndStart(service, call, interrupted?.data),
    apply: async ({ data: { to, onlyStart } }, call) => {
      call.signal.throwIfAborted();
      const problem = onlyStart ? undefined : await stopEverything(service, call);
      if (problem) call.report({ note: `stopping did not end well: starting the ${counted(to, 'instance')} again` });
      await start(service, to, call);
      if (problem) throw startedAgain(problem.error, call);
      return commandsDone;
    },
    verify: ({ data }, call, receipt) => verifyStart(service, data, call, receipt),
  });

const planStopAndStart = async (service: Service, call: Call, earlier?: StartData): Promise<Change<StartData>> => {
  const all = await service.instances(call.signal);
  const desired = earlier?.to ?? (await service.intended(all, call.signal)).desired;
  const before = earlier?.before ?? wanted(all, desired).map((each) => beforeOf(each, call.clock.now()));
  const stop = shown(service.argv('stop'));
  const begin = shown(service.argv('start', { count: String(desired) }));
  if (desired === 0)
    throw new RunbookError(
      'refused',
      `no instance of ${service.config.name} is listed: nothing to stop, and no number to go back to`,
      { next: [`start it by hand: ${begin}`] },
    );
  const up = all.filter((instance) => !isDown(instance));
  // Old ones still running: the interrupted session did not get as far as stopping everything.
  const old = up.filter(
    (instance) =>
      !isNew(
        instance,
        before.find(({ id }) => id === instance.id),
      ),
  );
  const onlyStart = earlier !== undefined && old.length === 0;
  const ids = before.map(({ id }) => id);
  return {
    summary: onlyStart
      ? `start the ${counted(desired, 'instance')} that the interrupted session stopped (${listing(ids)})`
      : `stop all ${counted(up.length, 'instance')}, wait for the drain, start ${desired}`,
    target: service.target,
    blastRadius: onlyStart
      ? [`${up.length} of ${counted(desired, 'instance')} running now`]
      : [
          `${up.length} of ${counted(desired, 'instance')} running now; nothing is served until they are back`,
          `the drain takes up to ${age(service.config.drainMs)}`,
        ],
    equivalent: onlyStart ? [begin] : [stop, begin],
    undo: onlyStart
      ? 'none needed'
      : 'none: what the instances held in memory is gone; they are started again even if stopping fails',
    // Which ones and how many, not since when: one that crashes and comes back meanwhile changes nothing.
    basis: { instances: ids, count: desired, onlyStart },
    affects: ids,
    data: { before, to: desired, onlyStart },
  };
};

/** Those that should be running: crashed ones too, as far as there should be so many. */
const wanted = (all: readonly Seen[], desired: number): readonly Seen[] =>
  all
    .toSorted((a, b) => Number(isDown(a)) - Number(isDown(b)))
    .slice(0, Math.max(desired, all.filter((each) => !isDown(each)).length));

/** Returns what went wrong, where something did; the instances may be stopped then all the same. Throws only when nothing was done. */
const stopEverything = async (service: Service, call: Call): Promise<{ readonly error: unknown } | undefined> => {
  try {
    await whileWatching(service, call, service.change('stop', {}, call));
    await drain(service, call);
    return undefined;
  } catch (error) {
    if (error instanceof RunbookError && (error.kind === 'usage' || error.kind === 'refused')) throw error;
    return { error };
  }
};

const drain = async (service: Service, call: Call): Promise<void> => {
  const { clock, signal } = call;
  const { drainMs } = service.config;
  const everyMs = Math.min(500, drainMs);
  const began = clock.monotonic();
  let left = '';
  // The instances have all of their time: the last look is after it.
  const stopped = await poll({ everyMs, forMs: drainMs + everyMs, clock, signal }, async () => {
    const instances = await listed(service, signal);
    if (instances) call.report({ table: instancesTable(instances, clock.now()) });
    const running = instances?.filter((instance) => !isDown(instance)).map(({ id }) => id);
    left = running ? `${listing(running)} still running` : 'the instances cannot be listed';
    return running?.length === 0 || undefined;
  });
  const after = age(clock.monotonic() - began);
  call.report({
    note: stopped ? `all stopped after ${after}` : `${left} after ${after} of draining: starting all the same`,
  });
};

/** Undefined where they cannot be listed at the moment: that does not end the drain. */
const listed = async (service: Service, signal: AbortSignal): Promise<readonly Seen[] | undefined> => {
  try {
    return await service.instances(signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunbookError && error.kind === 'unreachable') return undefined;
    throw error;
  }
};

/** Starts again, also when the step was told to stop: a service that is left stopped is worse than a late answer to Ctrl-C. */
const start = async (service: Service, count: number, call: Call): Promise<void> => {
  const unstoppable = { clock: call.clock, mark: call.mark, report: call.report, signal: new AbortController().signal };
  try {
    await whileWatching(service, unstoppable, service.change('start', { count: String(count) }, unstoppable));
  } catch (cause) {
    const why = messageOf(cause);
    throw new RunbookError(
      cause instanceof RunbookError && cause.kind === 'unknown' ? 'unknown' : 'failed',
      `the instances were stopped and could not be started again: ${why}`,
      { next: [`start them by hand: ${shown(service.argv('start', { count: String(count) }))}`], cause },
    );
  }
};

const startedAgain = (error: unknown, call: Call): RunbookError => {
  const kind = error instanceof RunbookError ? error.kind : call.signal.aborted ? 'unknown' : 'failed';
  const why = call.signal.aborted ? 'interrupted while the instances were stopped' : messageOf(error);
  return new RunbookError(kind, `${why}; start was run again`, { next: ['rb restart status'], cause: error });
};

/** After `start` ended well, a platform may still list them as stopped for so long. */
const appearWithinMs = 10_000;

const verifyStart = (
  service: Service,
  { before, to: count }: StartData,
  call: Call,
  receipt: CommandsDone | undefined,
): Promise<AnyFinding> => {
  const { config } = service;
  const hasHealth = config.instanceHealth !== undefined;
  const rules = { unhealthyThreshold: config.unhealthyThreshold, hasHealth, commandsDone: receipt !== undefined };
  const followed = new Map<string, ReturnType<typeof followComeback>>();
  const standingOf = (id: string, look: Look): Standing => {
    const known =
      followed.get(id) ??
      followComeback(
        id,
        before.find((each) => each.id === id),
        rules,
      );
    followed.set(id, known);
    return known(
      look.instances.find((each) => each.id === id),
      look.at,
    );
  };
  let short = 0;

  return follow(
    service,
    call,
    receipt,
    (look) => {
      const standings = look.instances.map(({ id }) => standingOf(id, look));
      const failed = standings.find(({ kind }) => kind === 'failed');
      if (failed) return { verdict: 'critical', summary: `${failed.id} came back unhealthy: ${failed.why}` };
      const back = standings.filter(({ kind }) => kind === 'healthy' || kind === 'running');
      const old = standings.filter(({ kind }) => kind === 'old');
      if (back.length >= count && old.length === 0) return allBack(back);
      const up = look.instances.filter((instance) => !isStopped(instance));
      const settled =
        !look.commandRunning && (!receipt || look.waitedMs >= Math.min(appearWithinMs, config.readyTimeoutMs));
      short = settled && (up.length < count || old.length > 0) ? short + 1 : 0;
      if (short > config.unhealthyThreshold)
        return tooFew(
          before.map(({ id }) => id),
          up.map(({ id }) => id),
          old,
        );
      const unclear = standings.filter(({ kind, times }) => kind === 'unclear' && times > 2);
      return !look.commandRunning && unclear.length + back.length >= count
        ? { verdict: 'unknown', summary: 'whether the instances were restarted cannot be told' }
        : undefined;
    },
    (look) =>
      tooLate(
        before.map(({ id }) => id),
        look,
      ),
  );
};

const allBack = (back: readonly Standing[]): Finding =>
  back.every(({ kind }) => kind === 'healthy')
    ? { verdict: 'ok', summary: `all ${counted(back.length, 'instance')} stopped, started and healthy` }
    : {
        verdict: 'warn',
        summary: `all ${counted(back.length, 'instance')} started; healthy or not is not known, because no instanceHealth is configured`,
      };

const tooFew = (wanted: readonly string[], up: readonly string[], old: readonly Standing[]): Finding => {
  const missing = wanted.filter((id) => !up.includes(id));
  if (old.length > 0)
    return {
      verdict: 'critical',
      summary: `${listing(old.map(({ id }) => id))} did not stop and still ${old.length === 1 ? 'runs' : 'run'} as before`,
    };
  return {
    verdict: 'critical',
    summary: `${up.length} of ${counted(wanted.length, 'instance')} running; ${listing(missing)} stopped`,
  };
};
