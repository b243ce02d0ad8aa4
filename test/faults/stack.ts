import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../sandbox/index.ts';
import { ask, instances, restarts } from '../sandbox/sandbox-rig.ts';

/** What the sandbox itself knows of its instances, independently of the program that restarts them. */
export interface Picture {
  /** When each instance started, by its name; null where it does not run, or is being stopped. */
  readonly startedAt: ReadonlyMap<string, string | null>;
  /** How many restarts of single instances it has carried out since its own start. */
  readonly restarts: number;
  /** How often each instance has come up, by its name. */
  readonly starts: ReadonlyMap<string, number>;
}

export const look = async (sandbox: Sandbox): Promise<Picture> => {
  const all = await instances(sandbox);
  return {
    startedAt: new Map(all.map(({ id, state, startedAt }) => [id, state === 'stopping' ? null : startedAt])),
    restarts: restarts(sandbox).length,
    starts: new Map(all.map(({ id }) => [id, startsOf(sandbox, id)])),
  };
};

const startsOf = (sandbox: Sandbox, id: string): number =>
  readFileSync(join(sandbox.directory, 'logs', `${id}.log`), 'utf8').split('listening on port').length - 1;

/** The instances that are not what they were. */
export const touched = (before: Picture, now: Picture): readonly string[] =>
  [...before.startedAt].filter(([id, startedAt]) => now.startedAt.get(id) !== startedAt).map(([id]) => id);

/** The instances that do not serve, with the reason. */
export const notServing = async (sandbox: Sandbox): Promise<readonly string[]> => {
  const all = await instances(sandbox);
  const answers = await Promise.all(
    all.map(async ({ id, state, url }) => {
      const { status } = await ask(`${url ?? ''}/health/ready`);
      return state === 'running' && status === 200 ? [] : [`${id} is ${state}, /health/ready says ${status}`];
    }),
  );
  return answers.flat();
};

/**
 * What was restarted without need, or not at all, since `before`. Needed is the restart of the process that ran before, and one of
 * an instance that was down. The restart of a process that had come up since is without need, healthy or not yet. A request
 * that the sandbox joined to a restart under way is no restart: the sandbox notes what it does, not what it is asked.
 */
export const restartFaults = (sandbox: Sandbox, before: Picture): readonly string[] => {
  const since = restarts(sandbox).slice(before.restarts);
  return [...before.startedAt].flatMap(([id, startedAt]) => {
    const own = since.filter(({ instance }) => instance === id);
    const needless = own.filter(
      ({ previousStartedAt }) => previousStartedAt !== null && previousStartedAt !== startedAt,
    );
    return [
      ...(own.length === 0 ? [`${id} was not restarted`] : []),
      ...needless.map(
        ({ at, previousStartedAt }) => `${id}, new since ${previousStartedAt}, was restarted again at ${at}`,
      ),
    ];
  });
};

/** The instances that did not come up exactly once since `before`. */
export const startFaults = (before: Picture, now: Picture): readonly string[] =>
  [...now.starts].flatMap(([id, starts]) => {
    const times = starts - (before.starts.get(id) ?? 0);
    return times === 1 ? [] : [`${id} was started ${times} times`];
  });
