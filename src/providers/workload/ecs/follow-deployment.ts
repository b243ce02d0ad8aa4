import type { Change } from '../../../engine/change.ts';
import type { Finding } from '../../../engine/finding.ts';
import { age } from '../instances-table.ts';
import type { Call } from '../port.ts';
import { deploymentsTable } from './deployments-table.ts';
import { diagnose, failedTask, recordOf } from './diagnosis.ts';
import { notedIn, wantedAfter } from './noted.ts';
import type { Deployed, Seen } from './seen.ts';
import type { EcsService } from './service.ts';
import { standingOf } from './standing.ts';
import { counted } from './words.ts';
import { watch } from './watch.ts';
import type { Judgement, Look } from './watch.ts';

interface Following {
  readonly change: Change;
  /** The deployment that ECS answered with; undefined where another process sent the change, or no answer came. */
  readonly id: string | undefined;
  /** "restart", "rollback". */
  readonly what: string;
  readonly done: (mine: Deployed, seen: Seen) => Finding;
  /** There is no deployment of it. */
  readonly notDone: (seen: Seen) => string;
}

/** For so long after the change the reads may not show the new deployment yet. */
const appearsWithinMs = 60_000;
/** Without a circuit breaker ECS tries for ever; so many tasks in a row are the least that its breaker waits for. */
const hopelessTasks = 3;

/** Follows the deployment of a change until it is complete, has failed, or the configured time is over. */
export const followDeployment = async (service: EcsService, call: Call, following: Following): Promise<Finding> => {
  const { change, id, what } = following;
  const notes = notedIn(change);
  const wanted = wantedAfter(notes, id);
  const sentAgo = () => call.clock.now().getTime() - Date.parse(notes.at);
  let mine: Deployed | undefined;
  let givenUp: { readonly deployment: Deployed; readonly why: string } | undefined;
  let told = '';

  const failed = async (summary: string, seen: Seen, subject: Deployed | undefined): Promise<Finding> => {
    const createdAt = subject?.createdAt ?? new Date(wanted.notedUntil + 2000);
    const found = await diagnose(service, { deployment: subject?.id, createdAt }, call);
    const parts = [summary, found.record, found.firstTask].filter((part) => part !== undefined);
    return {
      verdict: 'critical',
      summary: parts.join('; '),
      evidence: found.evidence ?? deploymentsTable(seen),
      data: { deployment: subject?.id ?? id ?? null, failedTasks: subject?.failed ?? 0, record: found.record ?? null },
    };
  };

  /** The end of what ECS does after it gave the deployment up. */
  const afterGivingUp = async (seen: Seen, deployment: Deployed, why: string): Promise<Judgement> => {
    const { deployments } = seen;
    const back = deployments.find(({ status }) => status === 'PRIMARY' && deployments.length > 0);
    const summary = `the ${what} failed: ${why}`;
    if (!back || back.id === deployment.id) return { over: await failed(summary, seen, deployment) };
    const to = `ECS rolled back to ${back.taskDefinition} (${back.id})`;
    if (back.rollout === 'COMPLETED')
      return { over: await failed(`${summary}; ${to} and is stable`, seen, deployment) };
    if (back.rollout === 'FAILED')
      return { over: await failed(`${summary}; ${to}, and that failed too`, seen, deployment) };
    return { bad: true };
  };

  const whenMissing = async (seen: Seen): Promise<Judgement> => {
    if (mine) return { over: await failed(`the ${what} failed: deployment ${mine.id} is gone`, seen, mine) };
    if (sentAgo() < appearsWithinMs && (id !== undefined || seen.deployments.length > 0)) return { bad: true };
    if (id !== undefined)
      return { over: await failed(`ECS began deployment ${id} and does not list it`, seen, undefined) };
    const record = await recordSince(service, wanted.notedUntil, call);
    if (record?.status === undefined) return { over: { verdict: 'critical', summary: following.notDone(seen) } };
    return { over: await failed(`the ${what} was begun and is gone`, seen, undefined) };
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
        if ('bad' in judgement)
          call.report({ note: `the ${what} failed: ${standing.why}; ECS rolls back: waiting for the end of that` });
        return judgement;
      }
      case 'replaced':
        return {
          over: await failed(
            `before it was complete, deployment ${standing.by.id} (${standing.by.taskDefinition}) replaced it: somebody or something else deployed`,
            seen,
            standing.mine,
          ),
        };
      case 'done':
        return { over: await whenDone(standing.mine, seen) };
      case 'moving': {
        if (!standing.bad) return { bad: false };
        const reason = await failedTask(service, { deployment: mine.id, createdAt: mine.createdAt }, call);
        if (reason !== undefined && reason !== told) call.report({ note: (told = reason) });
        if (seen.circuitBreaker || mine.failed < hopelessTasks) return { bad: true };
        const why = `${counted(mine.failed)} in a row failed; ECS goes on trying, because the service has no deployment circuit breaker`;
        return { over: await failed(`the ${what} does not come up: ${why}`, seen, mine) };
      }
    }
  };

  /** Another process cannot know which deployment was the change's own: one that ECS rolled back may be gone, and the one it went back to look like it. */
  const whenDone = async (deployment: Deployed, seen: Seen): Promise<Finding> => {
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

  const late = async ({ seen, waitedMs }: Look): Promise<Finding> => {
    const now = mine && seen.deployments.find((one) => one.id === mine?.id);
    const progress = now
      ? `${now.running} of ${counted(now.desired, 'new task')} running, ${now.pending} pending`
      : 'its deployment is not listed';
    return failed(`the ${what} is not complete after ${age(waitedMs)}: ${progress}; ECS goes on with it`, seen, mine);
  };

  return watch(service, call, { judge, late, justSent: id !== undefined, eventsSince: notes.events });
};

const endings = new Set([
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
