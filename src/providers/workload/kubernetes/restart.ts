import type { Change } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { Finding } from '../../../engine/finding.ts';
import type { JsonObject } from '../../../engine/json.ts';
import { isStatus } from '../../kubernetes/failure.ts';
import type { Call, Operation, RestartUnit } from '../port.ts';
import { blastRadiusOf, raisesOf } from './availability.ts';
import { basisOf, restartedAt, stampOf } from './basis.ts';
import { imageVersion } from './describe.ts';
import type { WorkloadObject } from './objects.ts';
import { exceededAt, judgeRollout, onDelete } from './rollout/rollout.ts';
import type { Service } from './service.ts';
import type { Snapshot } from './snapshot.ts';
import { counted } from './words.ts';
import { type Version, writeAsPlanned } from './write.ts';

/** What a restart carries along. */
interface RestartData extends JsonObject {
  /** The value of the annotation, fixed when it was planned: writing it twice is the same as writing it once. */
  readonly restartedAt: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** When a deadline was exceeded before: see `RolloutContext`. */
  readonly exceededBefore: string | null;
}

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
export const restartOperation = (service: Service): Operation<RestartUnit> => ({
  plan: (_, call) => planRestart(service, call),
  apply: async (change, call) => {
    const data = dataOf(change);
    const after = await writeAsPlanned(
      service,
      change,
      {
        type: 'strategic',
        body: (version) => stamped(data.restartedAt, version),
        version: data,
        isDone: (now) => stampOf(now.template) === data.restartedAt,
      },
      call,
    );
    service.finished(change, call, after);
  },
  accepted: async (change, call) => {
    const after = service.after(change, call) ?? (await service.read(call.signal));
    return stampOf(after.template) === dataOf(change).restartedAt
      ? { verdict: 'ok', summary: `the restart of ${counted(after.replicas)} was accepted; the cluster carries it out` }
      : notRestarted(service);
  },
  verify: (change, call) => verifyRestart(service, change, call),
});

const stamped = (stamp: string, version?: Version): JsonObject => ({
  ...(version ? { metadata: { uid: version.uid, resourceVersion: version.resourceVersion } } : {}),
  spec: { template: { metadata: { annotations: { [restartedAt]: stamp } } } },
});

const dataOf = (change: Change): RestartData => change.data as RestartData;

/**
 * One request: the server does everything but keep the change, and answers with the object. Whoever may not change it, and
 * what an admission webhook refuses, is found out here.
 */
const planRestart = async (service: Service, call: Call): Promise<Change> => {
  const stamp = call.clock.now().toISOString();
  const snapshot = await rehearse(service, stamp, call.signal);
  requireRollable(service, snapshot);
  if (snapshot.kind !== 'daemonset' && snapshot.replicas === 0)
    throw new RunbookError('refused', `${service.config.service} has a count of 0: there is nothing to restart`, {
      next: ['rb scale to <n>'],
    });
  const { name } = service.target;
  const generation = snapshot.generation - 1;
  // The rehearsal's answer counts as seen as soon as its real generation is.
  const rollout = judgeRollout({ ...snapshot, generation });
  const underWay =
    rollout.state === 'under way' ? [`a rollout is under way already, and this replaces it: ${rollout.what}`] : [];
  const raises = raisesOf(snapshot);
  const version = imageVersion(service, snapshot);
  const data: RestartData = {
    restartedAt: stamp,
    uid: snapshot.uid,
    resourceVersion: snapshot.resourceVersion,
    exceededBefore: exceededAt(snapshot) ?? null,
  };
  const change: Change = {
    summary: `restart ${name} (${counted(snapshot.replicas)}, version ${version})`,
    target: service.target,
    blastRadius: [...blastRadiusOf(snapshot), ...underWay],
    equivalent: [service.kubectl('rollout', 'restart', name)],
    undo: `stops what is left of the rollout and goes back to the pod template before: ${service.kubectl('rollout', 'undo', name)}`,
    ...(raises.length === 0 ? {} : { raises }),
    basis: basisOf(snapshot, generation),
    data,
  };
  service.planned(change, snapshot);
  return change;
};

/** The object as it would be. Some admission webhooks cannot be rehearsed with: then as it is, with the stamp put in. */
const rehearse = async (service: Service, stamp: string, signal: AbortSignal): Promise<Snapshot> => {
  const { client, resource, config } = service;
  try {
    const options = { type: 'strategic', dryRun: true, signal } as const;
    return service.snapshot(await client.patch<WorkloadObject>(resource, config.name, stamped(stamp), options));
  } catch (error) {
    if (!isStatus(error, 400) || !/dry.?run/i.test(error.message)) return service.notThere(error);
    const now = await service.read(signal);
    return { ...now, generation: now.generation + 1 };
  }
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
      `${name} cannot be rolled: its partition (${snapshot.partition}) keeps all ${counted(snapshot.replicas)} on the old template.`,
      { next: ['rb restart --instance <id>   (one after another)'] },
    );
};

const notRestarted = ({ target }: Service): Finding => ({
  verdict: 'critical',
  summary: `${target.name} was not restarted`,
});

const verifyRestart = async (service: Service, change: Change, call: Call): Promise<Finding> => {
  const data = dataOf(change);
  const applied = service.after(change, call);
  const from = applied ?? (await service.read(call.signal));
  if (from.uid !== data.uid)
    return { verdict: 'critical', summary: `${service.target.name} was deleted and made anew by somebody else` };
  if (!applied && !isStamped(from, data)) return notRestarted(service);
  const { followRollout } = await import('./rollout/follow.ts');
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
