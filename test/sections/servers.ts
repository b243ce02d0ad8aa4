import { RunbookError } from '../../src/engine/errors.ts';
import type { Instance, Workload } from '../../src/providers/workload/port.ts';
import { ok, simple } from './platform.ts';

/** Servers that `rb` restarts one after another. What they list is all that is known of them. */
export interface Servers {
  readonly list: Instance[];
  /** What was restarted, in order. */
  readonly restarted: string[];
  /** Called before each look with the number of looks so far; the world goes on in the meantime. */
  onLook: (looks: number) => void;
  /** Called after a restart. */
  onRestart: (id: string) => void;
  /** Why they cannot be listed. */
  unreachable: string | undefined;
  /** How many there should be, where something says so. */
  desired: number | undefined;
  change(id: string, more: Partial<Instance>): void;
  remove(id: string): void;
  readonly workload: Workload;
}

export const newServers = (...names: readonly string[]): Servers => {
  const target = { provider: 'played', name: 'shop' };
  let looks = 0;
  const restartAll = (ids: readonly string[]) => {
    for (const id of ids) {
      servers.restarted.push(id);
      servers.change(id, { state: 'running', health: 'ok', startedAt: '2025-01-01T00:00:00.000Z' });
      servers.onRestart(id);
    }
  };
  const planned = (summary: string) => ({
    summary,
    target,
    blastRadius: [],
    equivalent: [summary],
    undo: 'none',
    basis: { summary },
    data: null,
  });
  const servers: Servers = {
    list: (names.length > 0 ? names : ['app-1', 'app-2', 'app-3']).map((id) => ({
      id,
      state: 'running',
      health: 'ok',
      startedAt: '2024-12-31T23:00:00.000Z',
    })),
    restarted: [],
    onLook: () => undefined,
    onRestart: () => undefined,
    unreachable: undefined,
    desired: undefined,
    change: (id, more) => {
      const index = servers.list.findIndex((one) => one.id === id);
      const one = servers.list[index];
      if (one) servers.list[index] = { ...one, ...more };
    },
    remove: (id) => {
      servers.list.splice(
        servers.list.findIndex((one) => one.id === id),
        1,
      );
    },
    workload: {
      status: async () => {
        looks += 1;
        servers.onLook(looks);
        if (servers.unreachable !== undefined) throw new RunbookError('unreachable', servers.unreachable);
        const instances = servers.list.map((one) => ({ ...one }));
        return {
          target,
          instances,
          desired: servers.desired ?? instances.length,
          ...(servers.desired === undefined ? { desiredIs: 'listed' as const } : {}),
        };
      },
      restartUnits: async (batch) => {
        const ids = servers.list
          .toSorted((one, other) => Number(one.health === 'ok') - Number(other.health === 'ok'))
          .map(({ id }) => id);
        const units = Array.from({ length: Math.ceil(ids.length / batch) }, (_, index) =>
          ids.slice(index * batch, (index + 1) * batch),
        );
        return units.map((instances) => ({ id: instances.join('+'), instances }));
      },
      restart: simple(
        ({ id }) => planned(`restart ${id}`),
        ({ instances }) => restartAll(instances),
        () => ok('restarted and healthy'),
      ),
      restartInstance: simple(
        ({ id }) => planned(`restart ${id}`),
        ({ id }) => restartAll([id]),
      ),
      stopAndStart: simple(
        () => planned('stop and start'),
        () => restartAll(servers.list.map(({ id }) => id)),
      ),
      scale: simple(({ to }) => planned(`scale to ${to}`)),
    },
  };
  return servers;
};
