import type { UpdateServiceRequest } from '@aws-sdk/client-ecs';
import type { Target } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import { hasCode } from '../../../clients/aws/failure.ts';
import { openAwsSession } from '../../../clients/aws/session.ts';
import type { AwsSession } from '../../../clients/aws/session.ts';
import type { Call } from '../port.ts';
import type { EcsWorkloadConfig, EcsWorkloadDeps } from './config.ts';
import type { EcsApi } from './ecs-api.ts';
import { seenService } from './tasks/seen.ts';
import type { Seen } from './tasks/seen.ts';

/**
 * How old an answer may be. `shared`: one that another look got within a second. `plan`: the same, but none that a plan
 * rests on already: whoever plans again wants to know what changed. `new`: none.
 */
export type Freshness = 'shared' | 'plan' | 'new';

/** The service that the configuration names, in its region, account and cluster. */
export interface EcsService {
  readonly config: EcsWorkloadConfig;
  readonly place: { readonly cluster: string; readonly service: string };
  readonly session: AwsSession;
  /** Loads the client when it is first used. */
  api(): Promise<EcsApi>;
  /**
   * Errors: `usage` where there is no such cluster or service, `refused` where it is in another account, was deleted or is
   * being deleted.
   */
  look(call: Pick<Call, 'signal'>, freshness: Freshness): Promise<Seen>;
  /** Sends a change of the service; returns the service as ECS answers, undefined where it does not say. Every change forgets the shared look. */
  update(
    change: Pick<UpdateServiceRequest, 'desiredCount' | 'taskDefinition' | 'forceNewDeployment'>,
    call: Call,
  ): Promise<Seen | undefined>;
  forget(): void;
  target(seen: Seen): Target;
  /** `aws ecs <words> --cluster ... --service ... <more>`. */
  command(verb: string, ...more: readonly string[]): string;
}

const sharedForMs = 1000;

export const openEcsService = (config: EcsWorkloadConfig, deps: EcsWorkloadDeps): EcsService => {
  const session = openAwsSession(config, deps.environment, deps.remember);
  const place = { cluster: config.cluster, service: config.service };
  let opened: Promise<EcsApi> | undefined;
  let last: { at: number; planned: boolean; readonly seen: Promise<Seen> } | undefined;

  const api = () => (opened ??= import('./ecs-api.ts').then(({ openEcsApi }) => openEcsApi(session)));

  const ask = async (call: Pick<Call, 'signal'>): Promise<Seen> => {
    const { services, failures } = await (await api()).describeService(place, call).catch((error: unknown) => {
      throw hasCode(error, 'ClusterNotFoundException') ? missing(config, 'cluster') : error;
    });
    const found = services?.[0];
    if (!found) {
      const reason = failures?.[0]?.reason;
      throw reason === undefined || reason === 'MISSING'
        ? missing(config, 'service')
        : new RunbookError('failed', `ECS cannot describe the service ${config.service}: ${reason}`);
    }
    const seen = seenService(found);
    requireAccount(seen, config);
    requireActive(seen, config);
    return seen;
  };

  return {
    config,
    place,
    session,
    api,
    look: (call, freshness) => {
      const usable =
        freshness !== 'new' &&
        last !== undefined &&
        deps.clock.monotonic() - last.at < sharedForMs &&
        !(freshness === 'plan' && last.planned);
      if (!usable || last === undefined) {
        // The promise, not the answer: looks at the same time are one look too.
        const asked = { at: deps.clock.monotonic(), planned: false, seen: ask(call) };
        last = asked;
        asked.seen.then(
          () => (asked.at = deps.clock.monotonic()),
          () => (last = last === asked ? undefined : last),
        );
      }
      if (freshness === 'plan') last.planned = true;
      return last.seen;
    },
    update: async (change, call) => {
      last = undefined;
      const client = await api();
      const answer = await client.updateService(place, change, call).finally(() => (last = undefined));
      return answer === undefined ? undefined : seenService(answer);
    },
    forget: () => (last = undefined),
    target: (seen) => ({
      provider: 'ecs',
      name: config.service,
      account: seen.account,
      region: config.region,
      cluster: config.cluster,
      service: seen.arn,
    }),
    command: (verb, ...more) =>
      session.command('ecs', verb, '--cluster', config.cluster, '--service', config.service, ...more),
  };
};

const missing = (config: EcsWorkloadConfig, what: 'cluster' | 'service'): RunbookError => {
  const where =
    what === 'cluster'
      ? `there is no cluster ${config.cluster} in ${config.region}`
      : `there is no service ${config.service} in the cluster ${config.cluster} in ${config.region}`;
  return new RunbookError('usage', where, {
    next: [
      'look at workload.region, cluster and service in runbook.config.yaml',
      what === 'cluster' ? 'aws ecs list-clusters' : `aws ecs list-services --cluster ${config.cluster}`,
    ],
  });
};

const requireAccount = (seen: Seen, config: EcsWorkloadConfig): void => {
  if (config.account === undefined || seen.account === config.account) return;
  throw new RunbookError(
    'refused',
    `the credentials lead to account ${seen.account}, and the configuration names account ${config.account}.`,
    { next: ['use the profile of that account: workload.profile in runbook.config.yaml, or AWS_PROFILE'] },
  );
};

const requireActive = (seen: Seen, config: EcsWorkloadConfig): void => {
  if (seen.status === 'ACTIVE') return;
  const what =
    seen.status === 'DRAINING' ? 'is being deleted' : seen.status === 'INACTIVE' ? 'was deleted' : 'is not active';
  throw new RunbookError('refused', `the service ${config.service} ${what} (${seen.status}) in ${config.cluster}`, {
    next: ['look at workload.cluster and workload.service in runbook.config.yaml'],
  });
};

/** A deployment that something else makes cannot be followed, and often cannot be asked for. Errors: `refused`. */
export const requireOwnDeployments = (seen: Seen, what: string): void => {
  const other = new Map([
    ['CODE_DEPLOY', 'AWS CodeDeploy makes its deployments (deployment controller CODE_DEPLOY)'],
    ['EXTERNAL', 'a system of its own makes its deployments (deployment controller EXTERNAL)'],
  ]);
  if (seen.controller === 'ECS') return;
  throw new RunbookError(
    'refused',
    `${other.get(seen.controller) ?? `its deployment controller is ${seen.controller}`}, so ECS cannot ${what}`,
    {
      next: [
        seen.controller === 'CODE_DEPLOY'
          ? 'aws deploy create-deployment   (the same revision again)'
          : 'use the system that deploys it',
      ],
    },
  );
};
