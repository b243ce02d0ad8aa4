import * as z from 'zod/mini';
import { listing } from '../../../../words/listing.ts';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../../engine/finding.ts';
import type { Json } from '../../../../engine/json.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Workload } from '../../port.ts';
import { blastRadiusOf, raisesOf } from '../objects/availability.ts';
import { basisOf, stampOf, templateKey } from '../writing/basis.ts';
import { createdAgain, imageVersion, templateVersion } from '../objects/describe.ts';
import { noteAnnotation } from '../emergency/emergency-note.ts';
import { changeCause, type History, historyOf } from '../views/history.ts';
import { requireRollable } from '../restart/restart.ts';
import { type FullRevision, templateDigest } from './revisions.ts';
import { exceededAt, judgeRollout } from '../rollout/rollout.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { templateDifference } from './template-difference.ts';
import { type PlannedWrite, rehearse, type Version, writeAsPlanned } from '../writing/write.ts';

/** The template itself is read again: it may hold what must not be recorded. */
const RollbackData = z.object({
  revision: z.number(),
  /** Of the wanted template. */
  template: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  /** See `RolloutContext`. */
  exceededBefore: z.nullable(z.string()),
});
type RollbackData = z.output<typeof RollbackData>;

/** Back to an earlier pod template, by default the one before the present; what `kubectl rollout undo` does. */
export const rollbackOperation = (service: Service): NonNullable<Workload['rollback']> =>
  operation({
    change: RollbackData,
    plan: ({ revision }, call) => planRollback(service, revision, call),
    apply: async (change, call) => {
      const { data } = change;
      const now = await service.read(call.signal);
      const { revisions } = await historyOf(service, now, call);
      const wanted = revisions.find((each) => each.templateDigest === data.template);
      if (!wanted) throw noSuchRevision(service, String(data.revision), revisions);
      const write: PlannedWrite = {
        type: 'json',
        body: (version) => goBack(now, wanted, version),
        version: data,
        isDone: (seen) => templateOf(seen) === data.template,
      };
      return writeAsPlanned(service, change, write, call);
    },
    accepted: async ({ data }, call, applied) => {
      const now = applied ?? (await service.read(call.signal));
      return templateOf(now) === data.template
        ? { verdict: 'ok', summary: `the way back to revision ${data.revision} was accepted` }
        : notRolledBack(service, now);
    },
    verify: ({ data }, call, applied) => verifyRollback(service, data, call, applied),
  });

const templateOf = ({ template }: Snapshot): string => templateDigest(template);

const planRollback = async (
  service: Service,
  revision: string | undefined,
  call: Call,
): Promise<Change<RollbackData>> => {
  const snapshot = await service.read(call.signal);
  requireRollable(service, snapshot);
  const history = await historyOf(service, snapshot, call);
  const wanted = wantedRevision(service, history, revision);
  const { name } = service.target;
  if (wanted.templateDigest === templateOf(snapshot))
    throw new RunbookError(
      'refused',
      `${name} is on revision ${wanted.number} already: there is nothing to go back to.`,
      {
        next: listed(history.revisions),
      },
    );
  await rehearse(service, 'json', goBack(snapshot, wanted), call);
  const sameVersion = templateKey(wanted.template) === templateKey(snapshot.template);
  const rollout = judgeRollout(snapshot);
  const cause = changeCause(wanted);
  const raises = raisesOf(snapshot);
  const target = `revision ${wanted.number}, version ${templateVersion(service, wanted.template)}`;
  return {
    summary: `roll ${service.config.service} back from version ${imageVersion(service, snapshot)} to ${target}`,
    target: service.target,
    blastRadius: [
      ...blastRadiusOf(snapshot),
      ...(sameVersion ? ['the same version: only the last restart is taken back'] : []),
      ...(rollout.state === 'complete' ? [] : [`the present rollout: ${rollout.what}`]),
      ...stuckPods(snapshot),
      ...(cause === undefined ? [] : [`revision ${wanted.number} was made by: ${cause}`]),
    ],
    equivalent: [service.kubectl('rollout', 'undo', name, `--to-revision=${wanted.number}`)],
    difference: templateDifference(snapshot.template, wanted.template, service.deps.redact),
    undo: history.present
      ? `forward again: ${service.kubectl('rollout', 'undo', name, `--to-revision=${history.present.number}`)}`
      : 'deploy the present version again',
    ...(raises.length === 0 ? {} : { raises }),
    basis: { ...basisOf(snapshot), to: wanted.templateDigest },
    affects: ['images', 'template', 'restartedAt', 'annotations', 'generation'],
    data: {
      revision: wanted.number,
      template: wanted.templateDigest,
      uid: snapshot.uid,
      resourceVersion: snapshot.resourceVersion,
      exceededBefore: exceededAt(snapshot) ?? null,
    },
  };
};

/** Of an ordered StatefulSet; kubernetes.io, "Forced rollback". */
const stuckPods = ({ kind, raw, ready, replicas }: Snapshot): readonly string[] =>
  kind === 'statefulset' && raw.spec.podManagementPolicy !== 'Parallel' && ready < replicas
    ? ['a StatefulSet waits for its broken pod even then: once this is done, delete that pod by hand']
    : [];

const wantedRevision = (service: Service, { revisions, present }: History, asked: string | undefined): FullRevision => {
  if (asked !== undefined) {
    const found = revisions.find(({ number }) => String(number) === asked);
    if (!found) throw noSuchRevision(service, asked, revisions);
    return found;
  }
  const before = revisions.find(({ uid }) => uid !== present?.uid);
  if (before) return before;
  throw new RunbookError('refused', `${service.target.name} has no earlier revision to go back to.`, {
    next: ['deploy the wanted version'],
  });
};

const noSuchRevision = ({ target }: Service, asked: string, revisions: readonly FullRevision[]): RunbookError =>
  new RunbookError(
    'refused',
    `${target.name} has no revision ${JSON.stringify(asked)}; there are: ${listing(revisions.map(({ number }) => String(number)))}`,
    { next: listed(revisions) },
  );

const listed = (revisions: readonly FullRevision[]): readonly string[] =>
  revisions.slice(0, 5).map(({ number }) => `rb restart undo --to-revision ${number}`);

/**
 * These belong to the object and not to a revision: they stay as they are. The list is that of `kubectl rollout undo`, and the note
 * of an emergency restart that was cut off: without it nobody would know the number to go back to.
 */
const ofTheObject: ReadonlySet<string> = new Set([
  noteAnnotation,
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]);

/** The whole template is replaced: what the newer one has added must go. */
const goBack = (now: Snapshot, wanted: FullRevision, version?: Version): Json => {
  const own = Object.entries(now.annotations).filter(([name]) => ofTheObject.has(name));
  const theirs = Object.entries(wanted.annotations).filter(([name]) => !ofTheObject.has(name));
  return [
    ...(version
      ? [
          { op: 'replace', path: '/metadata/uid', value: version.uid },
          { op: 'replace', path: '/metadata/resourceVersion', value: version.resourceVersion },
        ]
      : []),
    { op: 'replace', path: '/spec/template', value: wanted.template },
    // A ReplicaSet keeps the annotations that the Deployment had then, such as why it was changed; the others keep none.
    ...(now.kind === 'deployment'
      ? [{ op: 'add', path: '/metadata/annotations', value: Object.fromEntries([...theirs, ...own]) }]
      : []),
  ];
};

const notRolledBack = (service: Service, now: Snapshot): Finding => ({
  verdict: 'critical',
  summary: `not rolled back: still version ${imageVersion(service, now)}`,
});

const verifyRollback = async (
  service: Service,
  data: RollbackData,
  call: Call,
  applied: Snapshot | undefined,
): Promise<AnyFinding> => {
  const from = applied ?? (await service.read(call.signal));
  if (from.uid !== data.uid) return { verdict: 'critical', summary: createdAgain(service) };
  if (templateOf(from) !== data.template) return notRolledBack(service, from);
  const { followRollout } = await import('../rollout/follow.ts');
  return followRollout(service, call, {
    from,
    exceededBefore: data.exceededBefore ?? undefined,
    decided: (now) => (templateOf(now) === data.template ? undefined : replaced(service, from, now)),
    done: (what, now) => ({ verdict: 'ok', summary: `back on version ${imageVersion(service, now)}: ${what}` }),
  });
};

/** Somebody else's change came on top: a mere restart of the wanted template is none. */
const replaced = (service: Service, from: Snapshot, now: Snapshot): Finding | undefined =>
  templateKey(from.template) === templateKey(now.template) && stampOf(now.template) !== undefined
    ? undefined
    : {
        verdict: 'critical',
        summary: `somebody else has changed the pod template again: it is version ${imageVersion(service, now)} now`,
      };
