import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Operation } from '../../port.ts';
import { graceMs } from '../count/count-verdict.ts';
import { diagnose } from '../rollout/diagnosis.ts';
import { evict } from './eviction.ts';
import { isOver, type PodView, troubleOf } from '../objects/pods.ts';
import type { Service } from '../service.ts';
import { shortUid } from '../objects/short-uid.ts';
import { openTrouble, watchForTrouble } from '../rollout/trouble.ts';
import { type Look, watchWorkload } from '../rollout/watching.ts';
import { listing } from '../../../../words/listing.ts';
import { counted } from '../../../../words/counts.ts';

const EvictData = z.object({
  name: z.string(),
  uid: z.string(),
  /** The pods that were there, by the beginning of their UID: another one is a replacement. */
  known: z.array(z.string()),
});
type EvictData = z.output<typeof EvictData>;

/** Has one pod replaced: evicted, as far as the disruption budgets allow it, and waited for until its replacement is ready. */
export const restartInstanceOperation = (service: Service): Operation<{ readonly id: string }> =>
  operation({
    change: EvictData,
    plan: ({ id }, call, interrupted) => planEviction(service, id, call, interrupted),
    apply: ({ data }, { signal }) => evict(service, data, { signal }),
    verify: ({ data }, call) => verifyReplacement(service, data, call),
  });

const planEviction = async (
  service: Service,
  id: string,
  call: Call,
  interrupted?: Change<EvictData>,
): Promise<Change<EvictData>> => {
  const snapshot = await service.read(call.signal);
  const pods = await service.pods(snapshot, call.signal);
  const pod = pods.find(({ name }) => name === id);
  if (!pod) throw unknownPod(service, id, pods, interrupted);
  if (pod.terminating)
    throw new RunbookError('refused', `${id} is stopping already; its replacement is on its way`, {
      next: ['rb restart status'],
    });
  // A missing right, and a budget that says no, are found before anyone is asked.
  await evict(service, pod, { signal: call.signal, dryRun: true });
  const others = pods.filter((one) => one.name !== id && !one.terminating && !isOver(one));
  const healthy = others.filter(({ ready }) => ready).length;
  const raises = [
    ...(pod.ready ? [`${id} is healthy`] : []),
    ...(others.length === 0 ? ['it is the only instance'] : healthy === 0 ? ['no healthy instance would be left'] : []),
  ];
  const { namespace, context } = service.client.identity;
  const body = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: id, namespace } });
  return {
    summary: `stop ${described(pod, call.clock.now())}; the platform starts another in its place`,
    target: service.target,
    blastRadius: [
      `1 of ${counted(others.length + 1, 'instance')}; ${healthy === 1 ? '1 healthy one goes on serving' : `${healthy} healthy ones go on serving`}`,
    ],
    equivalent: [
      `echo '${body}' | kubectl --context ${context} create --raw /api/v1/namespaces/${namespace}/pods/${id}/eviction -f -`,
    ],
    undo: 'none: what an instance held in memory is gone',
    ...(raises.length === 0 ? {} : { raises }),
    basis: { uid: snapshot.uid, [id]: pod.uid },
    affects: [id],
    data: { name: id, uid: pod.uid, known: pods.map(({ uid }) => shortUid(uid)) },
  };
};

const unknownPod = (
  { config }: Service,
  id: string,
  pods: readonly PodView[],
  interrupted: Change<EvictData> | undefined,
): RunbookError => {
  const there = listing(
    pods.filter(({ terminating }) => !terminating).map(({ name }) => name),
    20,
  );
  return interrupted?.data.name === id
    ? new RunbookError(
        'refused',
        `the interrupted session has stopped ${id} already; ${config.service} has now: ${there}`,
        { next: ['rb restart status'] },
      )
    : new RunbookError('usage', `there is no instance ${JSON.stringify(id)}; there are: ${there}`);
};

/** "app-2 (version 1.4.0, up 3 h, CrashLoopBackOff)". */
const described = (pod: PodView, now: Date): string => {
  const trouble = troubleOf(pod);
  const facts = [
    pod.version === undefined ? undefined : `version ${pod.version}`,
    pod.ready && pod.startedAt !== undefined ? `up ${age(now.getTime() - Date.parse(pod.startedAt))}` : undefined,
    trouble,
  ].filter((fact) => fact !== undefined);
  return facts.length === 0 ? pod.name : `${pod.name} (${facts.join(', ')})`;
};

const verifyReplacement = (service: Service, { name, uid, known }: EvictData, call: Call): Promise<AnyFinding> => {
  const lookForTrouble = watchForTrouble();
  const split = ({ pods }: Look) => ({
    old: pods.find((pod) => pod.uid === uid),
    kept: pods.filter(({ terminating }) => !terminating),
    replacements: pods.filter((pod) => !pod.terminating && !known.includes(shortUid(pod.uid))),
  });
  return watchWorkload(service, call, {
    from: 'last step',
    forMs: (snapshot) => graceMs(snapshot) + service.config.readyTimeoutMs,
    judge: async (look) => {
      const { snapshot } = look;
      const { old, kept, replacements } = split(look);
      if (!snapshot) return undefined;
      if (old && !old.terminating)
        return { verdict: 'critical', summary: `${name} was not restarted: it is the same pod as before` };
      const { fatal } = lookForTrouble(snapshot, replacements, call.clock.monotonic());
      if (fatal.length > 0)
        return diagnose(service, `${name} was stopped, its replacement does not start`, fatal, call);
      if (old || kept.length < snapshot.replicas) return undefined;
      if (replacements.length === 0)
        return {
          verdict: 'warn',
          summary: `${name} is gone; no other was started: ${counted(kept.length, 'instance')} wanted now`,
        };
      return replacements.every(({ ready }) => ready)
        ? { verdict: 'ok', summary: replaced(name, replacements) }
        : undefined;
    },
    late: (look) => {
      const { old, replacements } = split(look);
      const open = openTrouble(replacements)[0];
      const why = old
        ? `${name} is still terminating`
        : open
          ? `${open.pod}: ${open.reason}`
          : 'no replacement was started';
      return { verdict: 'critical', summary: `${name} is not replaced after ${age(look.waitedMs)}: ${why}` };
    },
  });
};

/** A StatefulSet gives the new one the same name. */
const replaced = (name: string, replacements: readonly PodView[]): string =>
  replacements.some((pod) => pod.name === name)
    ? `${name} restarted and ready`
    : `${name} replaced by ${listing(replacements.map((pod) => pod.name))}, ready`;
