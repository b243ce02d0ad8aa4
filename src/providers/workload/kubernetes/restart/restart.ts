import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../../engine/finding.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Operation, RestartUnit } from '../../port.ts';
import { blastRadiusOf, raisesOf } from '../objects/availability.ts';
import { basisOf, restartedAt, stampOf } from '../writing/basis.ts';
import { createdAgain, imageVersion } from '../objects/describe.ts';
import { exceededAt, judgeRollout, onDelete } from '../rollout/rollout.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { counted } from '../../../../words/counts.ts';
import { type PlannedWrite, rehearse, type Version, writeAsPlanned } from '../writing/write.ts';

const RestartData = z.object({
  /** The value of the annotation, fixed when it was planned: writing it twice is the same as writing it once. */
  restartedAt: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  /** When a deadline was exceeded before: see `RolloutContext`. */
  exceededBefore: z.nullable(z.string()),
});
type RestartData = z.output<typeof RestartData>;

/** The platform rolls by itself: one unit, the whole object. Reads nothing. */
export const restartUnits = (service: Service, batch: number): readonly RestartUnit[] => {
  if (!Number.isInteger(batch) || batch < 1)
    throw new RunbookError('usage', `a batch of ${batch} makes no sense: give a number of instances, at least 1`);
  if (batch > 1)
    throw new RunbookError('usage', `how many instances of ${service.target.name} go at a time is set in the cluster`, {
      next: [service.kubectl('edit', service.target.name, '  (maxUnavailable, maxSurge)')],
    });
  return [{ id: service.config.name, instances: [] }];
};

/** A rolling restart: a new time in the pod template, and the controller replaces the pods. */
export const restartOperation = (service: Service): Operation<RestartUnit> =>
  operation({
    change: RestartData,
    plan: (_, call) => planRestart(service, call),
    apply: (change, call) => {
      const { data } = change;
      const write: PlannedWrite = {
        type: 'strategic',
        body: (version) => stamped(data.restartedAt, version),
        version: data,
        isDone: (now) => stampOf(now.template) === data.restartedAt,
      };
      return writeAsPlanned(service, change, write, call);
    },
    accepted: async ({ data }, call, applied) => {
      const now = applied ?? (await service.read(call.signal));
      return stampOf(now.template) === data.restartedAt
        ? {
            verdict: 'ok',
            summary: `the restart of ${counted(now.replicas, 'instance')} was accepted; the cluster carries it out`,
          }
        : notRestarted(service);
    },
    verify: ({ data }, call, applied) => verifyRestart(service, data, call, applied),
  });

const stamped = (stamp: string, version?: Version): JsonObject => ({
  ...(version ? { metadata: { uid: version.uid, resourceVersion: version.resourceVersion } } : {}),
  spec: { template: { metadata: { annotations: { [restartedAt]: stamp } } } },
});

const planRestart = async (service: Service, call: Call): Promise<Change<RestartData>> => {
  const stamp = call.clock.now().toISOString();
  const [snapshot] = await Promise.all([
    service.read(call.signal),
    rehearse(service, 'strategic', stamped(stamp), call),
  ]);
  requireRollable(service, snapshot);
  if (snapshot.kind !== 'daemonset' && snapshot.replicas === 0)
    throw new RunbookError('refused', `${service.config.service} has a count of 0: there is nothing to restart`, {
      next: ['rb scale to <n>'],
    });
  const { name } = service.target;
  const rollout = judgeRollout(snapshot);
  const underWay =
    rollout.state === 'under way' ? [`a rollout is under way already, and this replaces it: ${rollout.what}`] : [];
  const raises = raisesOf(snapshot);
  const { uid, resourceVersion } = snapshot;
  return {
    summary: `restart ${name} (${counted(snapshot.replicas, 'instance')}, version ${imageVersion(service, snapshot)})`,
    target: service.target,
    blastRadius: [...blastRadiusOf(snapshot), ...underWay],
    equivalent: [service.kubectl('rollout', 'restart', name)],
    undo: `stops what is left of the rollout and goes back to the pod template before: ${service.kubectl('rollout', 'undo', name)}`,
    ...(raises.length === 0 ? {} : { raises }),
    basis: basisOf(snapshot),
    affects: ['restartedAt', 'generation'],
    data: { restartedAt: stamp, uid, resourceVersion, exceededBefore: exceededAt(snapshot) ?? null },
  };
};

/** Errors: `refused` for what would never get to an end. */
export const requireRollable = (service: Service, snapshot: Snapshot): void => {
  const { name } = service.target;
  if (snapshot.deleting) throw new RunbookError('refused', `${name} is being deleted.`);
  if (snapshot.paused)
    throw new RunbookError('refused', `${name} is paused: nothing would happen until it is resumed.`, {
      next: [service.kubectl('rollout', 'resume', name)],
    });
  if (snapshot.strategy === 'OnDelete')
    throw new RunbookError('refused', `${name} cannot be rolled: ${onDelete}.`, {
      next: ['rb restart --instance <id>   (one after another)'],
    });
  if (snapshot.partition > 0 && snapshot.partition >= snapshot.replicas)
    throw new RunbookError(
      'refused',
      `${name} cannot be rolled: its partition (${snapshot.partition}) keeps all ${counted(snapshot.replicas, 'instance')} on the old template.`,
      { next: ['rb restart --instance <id>   (one after another)'] },
    );
};

const notRestarted = ({ target }: Service): Finding => ({
  verdict: 'critical',
  summary: `${target.name} was not restarted`,
});

const verifyRestart = async (
  service: Service,
  data: RestartData,
  call: Call,
  applied: Snapshot | undefined,
): Promise<AnyFinding> => {
  const from = applied ?? (await service.read(call.signal));
  if (from.uid !== data.uid) return { verdict: 'critical', summary: createdAgain(service) };
  if (!applied && !isStamped(from, data)) return notRestarted(service);
  const { followRollout } = await import('../rollout/follow.ts');
  return followRollout(service, call, {
    from,
    exceededBefore: data.exceededBefore ?? undefined,
    decided: (now) =>
      isStamped(now, data)
        ? undefined
        : { verdict: 'critical', summary: `the restart of ${service.target.name} was taken back by somebody else` },
    done: (what, now) =>
      stampOf(now.template) === data.restartedAt
        ? { verdict: 'ok', summary: `restarted: ${what}` }
        : { verdict: 'warn', summary: `restarted again by somebody else meanwhile: ${what}` },
  });
};

/** A later restart by somebody else has restarted these pods as well. */
const isStamped = ({ template }: Snapshot, { restartedAt: stamp }: RestartData): boolean => {
  const now = stampOf(template);
  return now === stamp || Date.parse(now ?? '') > Date.parse(stamp);
};
