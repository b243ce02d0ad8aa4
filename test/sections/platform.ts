import type { Change } from '../../src/engine/change.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Finding } from '../../src/engine/finding.ts';
import type { JsonObject } from '../../src/engine/json.ts';
import type { Autoscaler, Instance, Operation, Schedule, Workload } from '../../src/providers/workload/port.ts';

/**
 * A platform in memory that rolls by itself, keeps revisions, has an autoscaler and a scheduler: what the sections do with
 * one is tested against it. Whether the real ones behave like this is for the contract suite.
 */
export interface Platform {
  count: number;
  health: Finding['verdict'];
  autoscaler: Autoscaler | undefined;
  /** Why the autoscaler cannot be seen. */
  hidden: string | undefined;
  /** What a restart ends with. */
  restarted: Finding;
  rollout: Finding;
  schedules: Schedule[];
  /** What each instance runs; their health by it. */
  versions: readonly string[];
  healthOf: ((version: string | undefined) => Finding['verdict']) | undefined;
  revisions: readonly JsonObject[];
  /** What was done, in order; looks are not among it. */
  readonly done: string[];
  /** How often it was looked at, and how deeply. */
  readonly looks: string[];
  /** Called at each look: the world goes on meanwhile. */
  onLook: () => void;
  restarts: number;
  readonly workload: Workload;
}

const ok = (summary: string): Finding => ({ verdict: 'ok', summary });

export const newPlatform = (): Platform => {
  const target = { provider: 'played', name: 'shop' };
  const planned = (summary: string, data: Change['data'] = null, more: Partial<Change> = {}): Change => ({
    summary,
    target,
    blastRadius: ['all instances'],
    equivalent: [`platform ${summary}`],
    undo: 'platform undo',
    basis: { count: platform.count },
    data,
    ...more,
  });
  const instances = (): readonly Instance[] =>
    Array.from({ length: platform.count }, (_, index) => ({
      id: `shop-${index + 1}`,
      state: 'running',
      health: platform.healthOf?.(platform.versions[index]) ?? platform.health,
      ...(platform.versions[index] === undefined ? {} : { version: platform.versions[index] }),
      startedAt: '2024-12-31T23:00:00.000Z',
      restarts: platform.restarts,
    }));
  const simple = <Input>(
    name: (input: Input) => string,
    does: (input: Input) => void = () => undefined,
    verdict: () => Finding = () => ok('done'),
  ): Operation<Input> => ({
    plan: async (input) => planned(name(input), input as Change['data']),
    apply: async ({ data, summary }) => {
      platform.done.push(summary);
      does(data as Input);
    },
    verify: async () => verdict(),
  });

  const platform: Platform = {
    count: 3,
    health: 'ok',
    autoscaler: undefined,
    hidden: undefined,
    restarted: ok('3 of 3 new instances serve'),
    rollout: ok('complete'),
    schedules: [],
    versions: [],
    healthOf: undefined,
    revisions: [],
    done: [],
    looks: [],
    onLook: () => undefined,
    restarts: 0,
    workload: {
      status: async (_, depth = 'full') => {
        platform.looks.push(depth);
        platform.onLook();
        const all = instances();
        const healthy = all.filter(({ health }) => health === 'ok').length;
        return { target, desired: platform.count, healthy, instances: depth === 'brief' ? [] : all };
      },
      restartUnits: async () => [{ id: 'shop', instances: [] }],
      restart: {
        ...simple(
          () => 'restart shop',
          () => undefined,
          () => platform.restarted,
        ),
        accepted: async () => ok('the platform rolls shop'),
      },
      restartInstance: simple(({ id }) => `restart ${id}`),
      stopAndStart: simple(() => 'stop and start'),
      scale: simple(
        ({ to }) => `scale to ${to}`,
        ({ to }) => void (platform.count = to),
      ),
      rollback: {
        ...simple<{ readonly revision?: string }>(() => ''),
        plan: async ({ revision }) => {
          if (revision === '99') throw new RunbookError('usage', 'there is no revision 99');
          return planned(`roll back to ${revision ?? 'the one before'}`, null, {
            difference: ['- image: shop:1.5', '+ image: shop:1.4'],
          });
        },
      },
      autoscaling: {
        find: async () => {
          if (platform.hidden !== undefined) throw new RunbookError('unreachable', platform.hidden);
          return platform.autoscaler;
        },
        setLimits: simple(
          ({ to }) => `set limits for ${to}`,
          ({ to }) => void (platform.count = to),
        ),
      },
      scheduling: {
        list: async () => platform.schedules,
        add: simple(({ everyMs }) => `restart every ${everyMs} ms`),
        remove: simple(() => 'remove the schedule'),
      },
      views: {
        rollout: async () => platform.rollout,
        autoscaler: async () => ok('none'),
        events: async () => {
          throw new RunbookError('unreachable', 'no right to list events');
        },
        revisions: async () => ({ ...ok('revision 7, 2 h ago'), data: { revisions: platform.revisions } }),
      },
    },
  };
  return platform;
};

/** One that `rb` goes through instance by instance, with no platform behind it that could do more. */
export const bare = ({ workload }: Platform): Workload => {
  const able = { ...workload };
  for (const more of ['rollback', 'autoscaling', 'scheduling', 'views'] as const) delete able[more];
  const restart = { ...workload.restart };
  delete restart.accepted;
  return { ...able, restart };
};
