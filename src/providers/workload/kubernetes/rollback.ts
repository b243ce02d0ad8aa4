import type { Change } from '../../../engine/change.ts';
import { digest } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { Finding } from '../../../engine/finding.ts';
import type { Json, JsonObject } from '../../../engine/json.ts';
import type { Call, Workload } from '../port.ts';
import { blastRadiusOf, raisesOf } from './availability.ts';
import { basisOf, stampOf, unstamped } from './basis.ts';
import { imageVersion, templateVersion } from './describe.ts';
import { noteAnnotation } from './emergency/emergency-note.ts';
import { changeCause, type History, historyOf } from './views/history.ts';
import { requireRollable } from './restart.ts';
import { type FullRevision, plainTemplate } from './revisions.ts';
import { exceededAt, judgeRollout } from './rollout/rollout.ts';
import type { Service } from './service.ts';
import type { Snapshot } from './snapshot.ts';
import { templateDifference } from './template-difference.ts';
import { listing } from './words.ts';
import { type Version, writeAsPlanned } from './write.ts';

/** What a rollback carries along. The template itself is read again: it may hold what is not to be recorded. */
interface RollbackData extends JsonObject {
  readonly revision: number;
  /** Of the wanted template. */
  readonly template: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** See `RolloutContext`. */
  readonly exceededBefore: string | null;
}

type Rollback = Required<NonNullable<Workload['rollback']>>;

/** Back to an earlier pod template, by default the one before the present; what `kubectl rollout undo` does. */
export const rollbackOperation = (service: Service): Rollback => ({
  plan: ({ revision }, call) => planRollback(service, revision, call),
  apply: async (change, call) => {
    const data = dataOf(change);
    const now = await service.read(call.signal);
    const { revisions } = await historyOf(service, now, call);
    const wanted = revisions.find(({ templateDigest }) => templateDigest === data.template);
    if (!wanted) throw noSuchRevision(service, String(data.revision), revisions);
    const after = await writeAsPlanned(
      service,
      change,
      {
        type: 'json',
        body: (version) => goBack(now, wanted, version),
        version: data,
        isDone: (seen) => templateOf(seen) === data.template,
      },
      call,
    );
    service.finished(change, call, after);
  },
  accepted: async (change, call) => {
    const after = service.after(change, call) ?? (await service.read(call.signal));
    return templateOf(after) === dataOf(change).template
      ? { verdict: 'ok', summary: `the way back to revision ${dataOf(change).revision} was accepted` }
      : notRolledBack(service, after);
  },
  verify: (change, call) => verifyRollback(service, change, call),
});

const dataOf = (change: Change): RollbackData => change.data as RollbackData;
const templateOf = ({ template }: Snapshot): string => digest(plainTemplate(template));

const planRollback = async (service: Service, revision: string | undefined, call: Call): Promise<Change> => {
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
  await rehearse(service, snapshot, wanted, call);
  const sameVersion = digest(unstamped(wanted.template)) === digest(unstamped(snapshot.template));
  const rollout = judgeRollout(snapshot);
  const cause = changeCause(wanted);
  const data: RollbackData = {
    revision: wanted.number,
    template: wanted.templateDigest,
    uid: snapshot.uid,
    resourceVersion: snapshot.resourceVersion,
    exceededBefore: exceededAt(snapshot) ?? null,
  };
  const raises = raisesOf(snapshot);
  const target = `revision ${wanted.number}, version ${templateVersion(service, wanted.template)}`;
  const change: Change = {
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
    basis: { ...basisOf(snapshot, snapshot.generation), to: wanted.templateDigest },
    data,
  };
  service.planned(change, snapshot);
  return change;
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

/** What an admission webhook or a missing right would refuse is found out before anybody is asked. */
const rehearse = async (service: Service, now: Snapshot, wanted: FullRevision, { signal }: Call): Promise<void> => {
  const { client, resource, config } = service;
  const options = { type: 'json', dryRun: true, signal } as const;
  await client.patch<unknown>(resource, config.name, goBack(now, wanted), options).catch((error: unknown) => {
    if (!(error instanceof RunbookError) || !/does not support dry.?run/i.test(error.message)) throw error;
  });
};

const notRolledBack = (service: Service, now: Snapshot): Finding => ({
  verdict: 'critical',
  summary: `not rolled back: still version ${imageVersion(service, now)}`,
});

const verifyRollback = async (service: Service, change: Change, call: Call): Promise<Finding> => {
  const data = dataOf(change);
  const applied = service.after(change, call);
  const from = applied ?? (await service.read(call.signal));
  if (from.uid !== data.uid)
    return { verdict: 'critical', summary: `${service.target.name} was deleted and made anew by somebody else` };
  if (templateOf(from) !== data.template) return notRolledBack(service, from);
  const { followRollout } = await import('./rollout/follow.ts');
  return followRollout(service, call, {
    from,
    exceededBefore: data.exceededBefore ?? undefined,
    decided: (now) => (templateOf(now) === data.template ? undefined : replaced(service, from, now)),
    done: (what, now) => ({ verdict: 'ok', summary: `back on version ${imageVersion(service, now)}: ${what}` }),
  });
};

/** Somebody else's change came on top: a mere restart of the wanted template is none. */
const replaced = (service: Service, from: Snapshot, now: Snapshot): Finding | undefined =>
  digest(unstamped(from.template)) === digest(unstamped(now.template)) && stampOf(now.template) !== undefined
    ? undefined
    : {
        verdict: 'critical',
        summary: `somebody else has changed the pod template again: it is version ${imageVersion(service, now)} now`,
      };
