import { anyJson } from '../../src/engine/any-json.ts';
import type { Change } from '../../src/engine/change.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Finding, Verdict } from '../../src/engine/finding.ts';
import type { JsonObject } from '../../src/engine/json.ts';
import { operation } from '../../src/providers/workload/shared/operation.ts';
import type { Autoscaler, Instance, Operation, Schedule, Workload } from '../../src/providers/workload/port.ts';
import type { Revisions } from '../../src/providers/workload/shared/views.ts';

/**
 * A platform in memory that rolls by itself, keeps revisions, has an autoscaler and a scheduler: what the sections do with
 * one is tested against it. Whether the real ones behave like this is for the contract suite.
 */
export interface Platform {
  count: number;
  health: Verdict;
  autoscaler: Autoscaler | undefined;
  /** Why the autoscaler cannot be seen. */
  hidden: string | undefined;
  /** What a restart ends with. */
  restarted: Finding;
  rollout: Finding;
  schedules: Schedule[];
  /** What each instance runs; their health by it. */
  versions: readonly string[];
  healthOf: ((version: string | undefined) => Verdict) | undefined;
  revisions: Revisions['revisions'];
  /** What was done, in order; looks are not among it. */
  readonly done: string[];
  /** How often it was looked at, and how deeply. */
  readonly looks: string[];
  /** Called at each look: the world goes on in the meantime. */
  onLook: () => void;
  restarts: number;
  readonly workload: Workload;
}

export const ok = (summary: string): Finding => ({ verdict: 'ok', summary });

/** An operation that does nothing but what it is given. */
export const simple = <Input extends JsonObject>(
  planned: (input: Input) => Change,
  does: (input: Input) => void = () => undefined,
  verdict: () => Finding = () => ok('done'),
): Operation<Input> => {
  const inputs = new Map<string, Input>();
  return operation({
    change: anyJson,
    plan: async (input: Input) => {
      const change = planned(input);
      inputs.set(change.summary, input);
      return change;
    },
    apply: async ({ summary }) => {
      const input = inputs.get(summary);
      if (!input) throw new Error(`"${summary}" was not planned here`);
      does(input);
    },
    verify: async () => verdict(),
  });
};

export const newPlatform = (): Platform => {
  const target = { provider: 'played', name: 'shop' };
  const planned = (summary: string, more: Partial<Change> = {}): Change => ({
    summary,
    target,
    blastRadius: ['all instances'],
    equivalent: [`platform ${summary}`],
    undo: 'platform undo',
    basis: { count: platform.count },
    data: null,
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
  const doing = <Input extends JsonObject>(
    name: (input: Input) => string,
    does: (input: Input) => void = () => undefined,
    verdict: () => Finding = () => ok('done'),
    more: Partial<Change> = {},
  ): Operation<Input> =>
    simple(
      (input) => planned(name(input), more),
      (input) => {
        platform.done.push(name(input));
        does(input);
      },
      verdict,
    );
  const rollback = doing(
    ({ revision }: { readonly revision?: string }) => `roll back to ${revision ?? 'the one before'}`,
    () => undefined,
    () => ok('done'),
    { difference: ['- image: shop:1.5', '+ image: shop:1.4'] },
  );

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
        ...doing(
          () => 'restart shop',
          () => undefined,
          () => platform.restarted,
        ),
        accepted: async () => ok('the platform rolls shop'),
      },
      restartInstance: doing(({ id }) => `restart ${id}`),
      stopAndStart: doing(() => 'stop and start'),
      scale: doing(
        ({ to }) => `scale to ${to}`,
        ({ to }) => void (platform.count = to),
      ),
      rollback: {
        ...rollback,
        plan: async (input, call) => {
          if (input.revision === '99') throw new RunbookError('usage', 'There is no revision 99.');
          return rollback.plan(input, call);
        },
      },
      autoscaling: {
        find: async () => {
          if (platform.hidden !== undefined) throw new RunbookError('unreachable', platform.hidden);
          return platform.autoscaler;
        },
        setLimits: doing(
          ({ to }) => `set limits for ${to}`,
          ({ to }) => void (platform.count = to),
        ),
      },
      scheduling: {
        list: async () => platform.schedules,
        add: doing(({ everyMs }) => `restart every ${everyMs} ms`),
        remove: doing(() => 'remove the schedule'),
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
