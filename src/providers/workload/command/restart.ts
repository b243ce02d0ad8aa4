import * as z from 'zod/mini';
import type { Change } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../engine/finding.ts';
import { shown } from '../../../clients/process/shown.ts';
import { operation } from '../shared/operation.ts';
import type { Call, Operation, RestartUnit } from '../port.ts';
import { basisOf, Before, beforeOf } from './before.ts';
import { followComeback, isNew, type Standing } from './comeback.ts';
import { described, isDown } from './describe.ts';
import { listing } from '../../../words/listing.ts';
import { counted } from '../../../words/counts.ts';
import { follow, type Look, waited, whileWatching } from './follow.ts';
import { byNumber } from './instances.ts';
import { commandsDone, type CommandsDone, type Seen, type Service } from './service.ts';

/** The units of a rolling restart: what is not healthy first, because that costs nobody anything; then by name, app-2 before app-10. */
export const restartUnits = (instances: readonly Seen[], batch: number): readonly RestartUnit[] => {
  if (!Number.isInteger(batch) || batch < 1)
    throw new RunbookError(
      'usage',
      `a batch of ${batch} makes no sense: give the number of instances at a time, at least 1`,
    );
  const ids = instances
    .toSorted((a, b) => Number(a.health === 'ok') - Number(b.health === 'ok') || byNumber(a.id, b.id))
    .map(({ id }) => id);
  const units: RestartUnit[] = [];
  for (let i = 0; i < ids.length; i += batch) {
    const members = ids.slice(i, i + batch);
    units.push({ id: members.join('+'), instances: members });
  }
  return units;
};

const RestartData = z.object({
  before: z.array(Before),
  /** The instances to be restarted: all of the unit, except those that an interrupted session has restarted already. */
  todo: z.array(z.string()),
});
type RestartData = z.output<typeof RestartData>;

/** Restarts the instances of one unit, at the same time, and waits until each is back. */
export const restartOperation = (service: Service): Operation<RestartUnit> =>
  operation({
    change: RestartData,
    plan: (unit, call, interrupted) => planRestart(service, unit, call, interrupted?.data),
    apply: ({ data }, call) => applyRestart(service, data, call),
    verify: ({ data }, call, receipt) => verifyRestart(service, data, call, receipt),
  });

/** The same for one instance that the operator named. */
export const restartInstanceOperation = (service: Service): Operation<{ readonly id: string }> =>
  operation({
    change: RestartData,
    plan: async ({ id }, call, interrupted) => {
      const instances = await service.instances(call.signal);
      const found = instances.find((instance) => instance.id === id);
      if (!found)
        throw new RunbookError(
          'usage',
          `there is no instance ${JSON.stringify(id)}; there are: ${listing(instances.map((each) => each.id))}`,
        );
      const change = await planRestart(service, { id, instances: [id] }, call, interrupted?.data);
      if (found.health !== 'ok' || change.data.todo.length === 0) return change;
      return { ...change, raises: [...(change.raises ?? []), `${id} is healthy`] };
    },
    apply: ({ data }, call) => applyRestart(service, data, call),
    verify: ({ data }, call, receipt) => verifyRestart(service, data, call, receipt),
  });

const applyRestart = async (service: Service, { todo }: RestartData, call: Call): Promise<CommandsDone> => {
  const work = Promise.allSettled(todo.map((id) => service.change('restartInstance', { instance: id }, call)));
  const results = await whileWatching(service, call, work);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (errors.length > 0)
    throw errors.find((error) => error instanceof RunbookError && error.kind === 'unknown') ?? errors[0];
  return commandsDone;
};

const planRestart = async (
  service: Service,
  unit: RestartUnit,
  call: Call,
  earlier: RestartData | undefined,
): Promise<Change<RestartData>> => {
  const all = await service.instances(call.signal);
  const now = call.clock.now();
  const members = unit.instances.map((id) => {
    const found = all.find((instance) => instance.id === id);
    if (found) return found;
    throw new RunbookError('refused', `${id} is no longer there; there are: ${listing(all.map((each) => each.id))}`, {
      next: ['rb restart status'],
    });
  });
  const earlierOf = (id: string) => earlier?.before.find((before) => before.id === id);
  // What the interrupted session has restarted is not restarted again, unless it came back unhealthy.
  const isDone = (instance: Seen): boolean => {
    const before = earlierOf(instance.id);
    if (!before || isDown(instance) || instance.health === 'critical') return false;
    return isNew(instance, before) === true;
  };
  const done = members.filter(isDone);
  const todo = members.filter((instance) => !done.includes(instance));
  const others = all.filter((instance) => !unit.instances.includes(instance.id));
  const raise = raiseOf(todo, others, all.length);
  const ids = todo.map(({ id }) => id);
  const what = todo.length === 0 ? 'restart nothing' : `restart ${listing(todo.map((each) => described(each, now)))}`;
  const already =
    done.length === 0 ? '' : `; ${listing(done.map(({ id }) => id))} already restarted by the interrupted session`;
  return {
    summary: `${what}${already}`,
    target: service.target,
    blastRadius: [`${todo.length} of ${counted(all.length, 'instance')}; ${serving(others)}`],
    equivalent: ids.map((id) => shown(service.argv('restartInstance', { instance: id }))),
    undo: 'none: what an instance held in memory is gone',
    ...(raise === undefined ? {} : { raises: [raise] }),
    basis: basisOf(members),
    affects: ids,
    data: {
      before: members.map((instance) => (isDone(instance) && earlierOf(instance.id)) || beforeOf(instance, now)),
      todo: ids,
    },
  };
};

const serving = (others: readonly Seen[]): string => {
  if (others.length === 0) return 'nothing goes on serving';
  const healthy = others.filter(({ health }) => health === 'ok').length;
  const unseen = others.filter(({ health }) => health === 'unknown').length;
  const parts = [healthy === 1 ? '1 healthy one goes on serving' : `${healthy} healthy ones go on serving`];
  if (unseen > 0) parts.push(`the health of ${unseen} is not known`);
  const rest = others.length - healthy - unseen;
  if (rest > 0) parts.push(`${rest} ${rest === 1 ? 'is' : 'are'} not healthy already`);
  return parts.join(', ');
};

const raiseOf = (todo: readonly Seen[], others: readonly Seen[], all: number): string | undefined => {
  if (todo.length === 0) return undefined;
  if (others.length === 0) return all === 1 ? 'it is the only instance' : `all ${all} instances at once`;
  if (others.some(({ health }) => health === 'ok')) return undefined;
  return others.some(({ health }) => health === 'unknown')
    ? 'no instance that is known to be healthy would be left'
    : 'no healthy instance would be left';
};

/** So long an `old` instance may take to stop after its command ended well: some commands only ask for the restart. */
const requestedForMs = 30_000;
/** So long an instance may be listed as stopped after its command ended well. */
const appearWithinMs = 2000;
/** Looks in a row that settle it: one alone may have caught a moment in between. */
const enough = 3;

const verifyRestart = async (
  service: Service,
  { before }: RestartData,
  call: Call,
  receipt: CommandsDone | undefined,
): Promise<AnyFinding> => {
  const { config } = service;
  const hasHealth = config.instanceHealth !== undefined;
  const rules = { unhealthyThreshold: config.unhealthyThreshold, hasHealth, commandsDone: receipt !== undefined };
  const followed = before.map((each) => ({ id: each.id, stand: followComeback(each.id, each, rules) }));
  const patienceMs = Math.min(config.readyTimeoutMs, config.drainMs + requestedForMs);

  const verdictOn = (standing: Standing, look: Look): Finding | undefined => {
    const { id, kind, why, times } = standing;
    if (kind === 'failed') return { verdict: 'critical', summary: `${id} came back unhealthy: ${why}` };
    if (look.commandRunning || times < enough) return undefined;
    if (kind === 'down' && (!receipt || look.waitedMs >= appearWithinMs))
      return { verdict: 'critical', summary: `${id} did not come back: ${why}` };
    if (kind === 'old' && (!receipt || look.waitedMs >= patienceMs)) {
      if (look.commandRunning === undefined && look.waitedMs < patienceMs) return undefined;
      return look.commandRunning === undefined
        ? {
            verdict: 'unknown',
            summary: `${id} was not restarted so far; whether a command is still at work cannot be seen here`,
          }
        : { verdict: 'critical', summary: `${id} was not restarted: it still runs since ${startOf(look, id)}` };
    }
    if (kind === 'unclear')
      return {
        verdict: 'unknown',
        summary: `${receipt ? 'the command ended well, but whether' : 'whether'} ${id} was restarted cannot be told: ${unclearWhy(hasHealth, why)}`,
      };
    return undefined;
  };

  return follow(
    service,
    call,
    receipt,
    (look) => {
      const standings = followed.map(({ id, stand }) =>
        stand(
          look.instances.find((each) => each.id === id),
          look.at,
        ),
      );
      const bad = standings.map((standing) => verdictOn(standing, look)).find((finding) => finding !== undefined);
      if (bad) return bad;
      if (!standings.every(({ kind }) => kind === 'healthy' || kind === 'running')) return undefined;
      const back = listing(before.map(({ id }) => id));
      return standings.every(({ kind }) => kind === 'healthy')
        ? { verdict: 'ok', summary: `${back} restarted and healthy` }
        : {
            verdict: 'warn',
            summary: `${back} restarted; healthy or not is not known, because no instanceHealth is configured`,
          };
    },
    (look) =>
      tooLate(
        before.map(({ id }) => id),
        look,
      ),
  );
};

const unclearWhy = (hasHealth: boolean, why: string) => (hasHealth ? 'the instances command prints no startedAt' : why);

const startOf = (look: Look, id: string) => look.instances.find((each) => each.id === id)?.startedAt ?? 'before';

/** The finding when the time is over and nothing was decided. */
export const tooLate = (ids: readonly string[], look: Look): Finding => {
  const open = ids
    .map((id) => look.instances.find((each) => each.id === id) ?? { id, health: 'critical' as const, detail: 'gone' })
    .filter(({ health }) => health !== 'ok');
  const unseen = open.length > 0 && open.every(({ health }) => health === 'unknown');
  const reasons = open.map(({ id, detail }) => `${id}: ${detail ?? 'not healthy'}`).join('; ');
  return unseen
    ? { verdict: 'unknown', summary: `the health cannot be seen after ${waited(look)}: ${reasons}` }
    : { verdict: 'critical', summary: `not back after ${waited(look)}${reasons === '' ? '' : `: ${reasons}`}` };
};
