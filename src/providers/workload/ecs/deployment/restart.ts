import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Operation, RestartUnit } from '../../port.ts';
import { followDeployment } from '../rollout/follow-deployment.ts';
import { noted, Noted, wantedAfter } from '../tasks/noted.ts';
import { primaryOf } from '../tasks/seen.ts';
import type { Deployed, Seen } from '../tasks/seen.ts';
import { sendDeployment } from './send-deployment.ts';
import type { EcsService } from '../service.ts';
import { requireOwnDeployments } from '../service.ts';
import { wantedIn } from '../rollout/standing.ts';
import { unended } from '../words.ts';
import { counted } from '../../../../words/counts.ts';

/** One unit: ECS decides by itself which tasks it replaces when. Reads nothing. */
export const restartUnits = (service: EcsService, batch: number): readonly RestartUnit[] => {
  if (!Number.isInteger(batch) || batch < 1)
    throw new RunbookError('usage', `a batch of ${batch} makes no sense: give a whole number, at least 1`);
  if (batch > 1)
    throw new RunbookError('usage', 'ECS decides by itself how many tasks it replaces at a time', {
      next: [
        'rb restart --rolling   (without --batch)',
        'minimumHealthyPercent and maximumPercent of the service are what ECS goes by',
      ],
    });
  return [{ id: service.config.service, instances: [] }];
};

const RestartData = z.object({ noted: Noted });
type RestartData = z.output<typeof RestartData>;

/** A new deployment of the same task definition. */
export const restartOperation = (service: EcsService): Operation<RestartUnit> =>
  operation({
    change: RestartData,
    plan: (_, call) => planRestart(service, call),
    apply: (change, call) => sendDeployment(service, change.data.noted, { forceNewDeployment: true }, call),
    verify: (change, call, id) =>
      followDeployment(service, call, {
        notes: change.data.noted,
        id,
        what: 'restart',
        done: (mine, seen) => replaced(mine, seen),
        notDone: (seen) =>
          `${service.config.service} was not restarted: there is no new deployment since ${primaryOf(seen)?.id ?? 'the one before'}`,
      }),
    accepted: (change, call, id) => acceptedDeployment(service, change.data.noted, id, call),
  });

const replaced = (mine: Deployed, seen: Seen): Finding => ({
  verdict: 'ok',
  summary: `all ${counted(seen.desired, 'task')} replaced: deployment ${mine.id} (${mine.taskDefinition}) is complete`,
});

/** Reads nothing where ECS answered in this process. */
export const acceptedDeployment = async (
  service: EcsService,
  notes: Noted,
  id: string | undefined,
  call: Call,
): Promise<AnyFinding> => {
  const begun = id ?? wantedIn(await service.look(call, 'new'), wantedAfter(notes, undefined))?.id;
  if (begun === undefined)
    return { verdict: 'unknown', summary: 'whether ECS has taken the change cannot be told yet' };
  return {
    verdict: 'ok',
    summary: `ECS has begun deployment ${begun} and carries it out by itself`,
    data: { deployment: begun },
  };
};

const planRestart = async (service: EcsService, call: Call): Promise<Change<RestartData>> => {
  const seen = await service.look(call, 'plan');
  requireOwnDeployments(seen, 'restart it');
  const primary = primaryOf(seen);
  if (seen.desired === 0)
    throw new RunbookError(
      'refused',
      `${service.config.service} has a desired count of 0: there is nothing to restart`,
      {
        next: ['rb scale to <n>'],
      },
    );
  const raises = raisesOf(seen);
  return {
    summary: `restart ${service.config.service}: ECS replaces its ${counted(seen.desired, 'task')} (${seen.taskDefinition})`,
    target: service.target(seen),
    blastRadius: [rollingRule(seen), `${seen.running} of ${seen.desired} running now`, ...presentDeployment(primary)],
    equivalent: [service.command('update-service', '--force-new-deployment')],
    undo: 'none needed: the tasks run the same task definition; rb restart undo goes back to the one before',
    ...(raises.length === 0 ? {} : { raises }),
    basis: { deployment: primary?.id ?? null, taskDefinition: seen.taskDefinition, desired: seen.desired },
    affects: ['deployment'],
    data: { noted: noted(seen, call.clock.now()) },
  };
};

/** The percentages in numbers of tasks, rounded as ECS rounds them: the least up, the most down. */
export const rollingRule = (seen: Seen): string => {
  const { minimumHealthyPercent: least = 100, maximumPercent: most = 200, desired, shifting } = seen;
  if (shifting)
    return `all ${counted(desired, 'task')}: as many more are started beside them (${shifting.strategy}), and the present ones stop when the traffic has moved${
      shifting.waitsMs === 0 ? '' : `, ${age(shifting.waitsMs)} later`
    }`;
  const [keep, reach] = [Math.ceil((desired * least) / 100), Math.floor((desired * most) / 100)];
  return `all ${counted(desired, 'task')}, one after another: at least ${keep} go on running, at most ${reach} at the same time`;
};

export const raisesOf = ({ minimumHealthyPercent, shifting }: Seen): readonly string[] =>
  minimumHealthyPercent === 0 && !shifting ? ['ECS may stop all tasks at once (minimumHealthyPercent is 0)'] : [];

/** A new deployment takes the place of one that is not complete, or that ECS has given up. */
export const presentDeployment = (primary: Deployed | undefined): readonly string[] => {
  if (!primary) return [];
  const which = `${primary.id} (${primary.taskDefinition})`;
  if (primary.rollout === 'IN_PROGRESS') return [`a deployment is under way already, and this replaces it: ${which}`];
  if (primary.rollout !== 'FAILED') return [];
  return [`the deployment before failed: ${which}: ${unended(primary.reason ?? 'ECS gives no reason')}`];
};
