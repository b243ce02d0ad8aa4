import type { AnyFinding, Finding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { deploymentsTable } from './deployments-table.ts';
import { diagnose, failedTask, recordOf } from './diagnosis.ts';
import { wantedAfter } from '../tasks/noted.ts';
import type { Noted } from '../tasks/noted.ts';
import { primaryOf } from '../tasks/seen.ts';
import type { Deployed, Seen } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';
import { standingOf } from './standing.ts';
import { counted } from '../../../../words/counts.ts';
import { watch } from './watch.ts';
import type { Judgement, Look } from './watch.ts';

interface Following {
  readonly notes: Noted;
  /** The deployment that ECS answered with; undefined where another process sent the change, or no answer came. */
  readonly id: string | undefined;
  /** "restart", "rollback". */
  readonly what: string;
  readonly done: (mine: Deployed, seen: Seen) => Pick<Finding, 'verdict' | 'summary'>;
  /** There is no deployment of it. */
  readonly notDone: (seen: Seen) => string;
}

/** For so long after the change the reads may not show the new deployment yet. */
const appearsWithinMs = 60_000;
/** Without a circuit breaker ECS tries for ever; so many tasks in a row are the least that its breaker waits for. */
const hopelessTasks = 3;

/** Follows the deployment of a change until it is complete, has failed, or the configured time is over. */
export const followDeployment = async (service: EcsService, call: Call, following: Following): Promise<AnyFinding> => {
  const { notes, id, what } = following;
  const wanted = wantedAfter(notes, id);
  const sentAgo = () => call.clock.now().getTime() - Date.parse(notes.at);
  let mine: Deployed | undefined;
  let givenUp: { readonly deployment: Deployed; readonly why: string } | undefined;
  let told = '';

  const failed = async (summary: string, seen: Seen, subject: Deployed | undefined): Promise<AnyFinding> => {
    // Another process may have found the rollback, which goes on with the record of what it rolls back.
    const begun = id === undefined ? undefined : subject?.createdAt;
    const createdAt = begun ?? new Date(wanted.notedUntil + 2000);
    const found = await diagnose(service, { deployment: subject?.id, createdAt }, call);
    const ending = found.record?.startsWith('IN_PROGRESS') === true ? undefined : found.record;
    const parts = [summary, ending, found.firstTask].filter((part) => part !== undefined);
    return {
      verdict: 'critical',
      summary: parts.join('; '),
      evidence: found.evidence ?? deploymentsTable(seen),
      data: {
        deployment: subject?.id ?? id ?? null,
        failedTasks: subject?.failed ?? 0,
        record: found.record ?? null,
        log: [...found.log],
      },
    };
  };

  const tellTask = async ({ id: deployment, createdAt }: Deployed): Promise<void> => {
    const reason = await failedTask(service, { deployment, createdAt }, call);
    if (reason !== undefined && reason !== told) call.report({ note: (told = reason) });
  };

  /** The end of what ECS does after it gave the deployment up. */
  const afterGivingUp = async (seen: Seen, deployment: Deployed, why: string): Promise<Judgement> => {
    const back = primaryOf(seen);
    const summary = `the ${what} failed: ${why}`;
    if (!back || back.id === deployment.id) return { over: await failed(summary, seen, deployment) };
    const to = `ECS rolled back to ${back.taskDefinition} (${back.id})`;
    if (back.rollout === 'COMPLETED')
      return { over: await failed(`${summary}; ${to} and is stable`, seen, deployment) };
    if (back.rollout === 'FAILED')
      return { over: await failed(`${summary}; ${to}, and that failed too`, seen, deployment) };
    return { bad: true };
  };

  /** Reads that are behind show no event since; those that are not, and do not list it, mean that it is over already. */
  const whenMissing = async (seen: Seen): Promise<Judgement> => {
    const newest = seen.events[0]?.at?.toISOString() ?? null;
    const isBehind = mine === undefined && newest === notes.events;
    const mayAppear = mine === undefined && sentAgo() < appearsWithinMs;
    if (mayAppear && isBehind) return { bad: true };
    const record = await recordSince(service, wanted.notedUntil, call);
    if (record?.status !== undefined && underWay.has(record.status)) return { bad: true };
    if (mayAppear && record?.status === undefined) return { bad: true };
    if (record?.status === 'SUCCESSFUL')
      return {
        over: { verdict: 'ok', summary: `the ${what} is complete, and another deployment has replaced it since` },
      };
    if (record?.status === undefined && id === undefined && mine === undefined)
      return { over: { verdict: 'critical', summary: following.notDone(seen) } };
    return { over: await failed(whatBecame(seen, record?.status), seen, mine) };
  };

  const whatBecame = (seen: Seen, status: string | undefined): string => {
    const now = primaryOf(seen);
    const which = now && `${now.taskDefinition} (${now.id})`;
    if (status?.startsWith('ROLLBACK') && now?.rollout === 'COMPLETED')
      return `the ${what} failed; ECS rolled back to ${which} and is stable`;
    if (status === 'STOPPED' && now && !notes.deployments.includes(now.id)) return replacedBy(now);
    return `the ${what} failed: its deployment${id === undefined ? '' : ` ${id}`} is gone`;
  };

  const judge = async ({ seen }: Look): Promise<Judgement> => {
    if (givenUp) return afterGivingUp(seen, givenUp.deployment, givenUp.why);
    const standing = standingOf(seen, wanted);
    if (standing.kind === 'missing') return whenMissing(seen);
    mine = standing.mine;
    switch (standing.kind) {
      case 'failed': {
        givenUp = { deployment: standing.mine, why: standing.why };
        const judgement = await afterGivingUp(seen, standing.mine, standing.why);
        await tellTask(standing.mine);
        if ('bad' in judgement)
          call.report({ note: `the ${what} failed: ${standing.why}; ECS rolls back: waiting for the end of that` });
        return judgement;
      }
      case 'replaced':
        return { over: await failed(replacedBy(standing.by), seen, standing.mine) };
      case 'done':
        return { over: await whenDone(standing.mine, seen) };
      case 'moving': {
        if (!standing.bad) return { bad: false };
        await tellTask(mine);
        if (seen.circuitBreaker || mine.failed < hopelessTasks) return { bad: true };
        const why = `${counted(mine.failed, 'task')} in a row failed; ECS goes on trying, because the service has no deployment circuit breaker`;
        return { over: await failed(`the ${what} does not come up: ${why}`, seen, mine) };
      }
    }
  };

  /** Another process cannot know which deployment was the change's own: one that ECS rolled back may be gone, and the one it went back to look like it. */
  const whenDone = async (deployment: Deployed, seen: Seen): Promise<AnyFinding> => {
    if (id === undefined) {
      const record = await recordSince(service, wanted.notedUntil, call);
      if (record?.status !== undefined && endings.has(record.status))
        return failed(`the ${what} failed`, seen, undefined);
    }
    return {
      evidence: deploymentsTable(seen),
      data: { deployment: deployment.id, taskDefinition: deployment.taskDefinition },
      ...following.done(deployment, seen),
    };
  };

  const late = async ({ seen, waitedMs }: Look): Promise<AnyFinding> => {
    const now = mine && seen.deployments.find((one) => one.id === mine?.id);
    const progress = now
      ? `${now.running} of ${counted(now.desired, 'new task')} running, ${now.pending} pending`
      : 'its deployment is not listed';
    return failed(`the ${what} is not complete after ${age(waitedMs)}: ${progress}; ECS goes on with it`, seen, mine);
  };

  return watch(service, call, {
    judge,
    late,
    justSent: id !== undefined,
    eventsSince: notes.events,
    forMs: service.config.readyTimeoutMs + (notes.waitsMs ?? 0),
  });
};

const replacedBy = ({ id, taskDefinition }: Deployed): string =>
  `before it was complete, deployment ${id} (${taskDefinition}) replaced it: somebody or something else deployed`;

const underWay = new Set<string>([
  'PENDING',
  'IN_PROGRESS',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
  'STOP_REQUESTED',
]);
const endings = new Set<string>([
  'ROLLBACK_SUCCESSFUL',
  'ROLLBACK_FAILED',
  'ROLLBACK_IN_PROGRESS',
  'ROLLBACK_REQUESTED',
  'STOPPED',
  'STOP_REQUESTED',
]);

/** The first deployment on ECS's record after those that were noted; undefined also where the record may not be read. */
const recordSince = async (service: EcsService, notedUntil: number, call: Call) =>
  recordOf(service, { createdAt: new Date(notedUntil + 2000) }, call).catch((error: unknown) => {
    call.signal.throwIfAborted();
    call.report({ note: `what ECS keeps on record cannot be seen: ${String(error)}` });
    return undefined;
  });
