import * as fc from 'fast-check';
import type { Http, ProbeFailure } from '../../../src/providers/http/port.ts';
import type { Instance, Schedule, Workload } from '../../../src/providers/workload/port.ts';
import { health } from '../../../src/sections/health/health.ts';
import { overview } from '../../../src/sections/overview/overview.ts';
import { restartSchedules } from '../../../src/sections/restart/schedule/schedules.ts';
import { restartStatus } from '../../../src/sections/restart/status.ts';
import { runOn } from '../rig.ts';
import type { Shown, Wrong } from './contradictions.ts';
import { few, things } from './values.ts';
import { settings, shown, wrong } from './play.ts';
import type { Case } from './play.ts';
import { ofBlocking, ofConnections, ofIdle, ofRunning } from './activity-looks.ts';
import { ofReplication, ofWal } from './replication-looks.ts';
import { ofBloat, ofIndexes, ofSize, ofSlow, ofVacuum } from './storage-looks.ts';

const failures: fc.Arbitrary<ProbeFailure | undefined> = fc.constantFrom(
  undefined,
  undefined,
  'status',
  'timeout',
  'unreadable',
);

/** Answers to one path after another: again and again the same list. */
const playedHttp = (all: readonly (ProbeFailure | undefined)[]): Http => {
  let asked = 0;
  return {
    probe: async ({ url }) => {
      const failure = all[asked % all.length];
      asked += 1;
      return {
        url,
        healthy: failure === undefined,
        ms: 1,
        detail: failure ?? 'HTTP 200',
        ...(failure === undefined ? {} : { failure }),
      };
    },
  };
};

const instances: fc.Arbitrary<readonly Instance[]> = things('app-', 4, (id) =>
  fc.record({
    id: fc.constant(id),
    state: fc.constantFrom('running', 'running', 'starting', 'stopping', 'stopped', 'unknown'),
    health: fc.constantFrom('ok', 'ok', 'warn', 'critical', 'unknown'),
  }),
);

const wrongInstances = (all: readonly Instance[]): readonly Wrong[] =>
  all.flatMap(({ id, state, health: seen }) => (state === 'stopping' || seen === 'ok' ? [] : [wrong(seen, id)]));

const workloadOf = (listed: readonly Instance[], desired: number, schedules: readonly Schedule[] = []) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not played is not called
  ({
    status: async () => ({ target: { provider: 'played', name: 'shop' }, desired, instances: listed }),
    scheduling: { list: async () => schedules },
  }) as unknown as Workload;

const ofStatus = fc.record({ listed: instances, desired: few }).map(({ listed, desired }): Case => ({
  played: {
    tokens: listed.map(({ id }) => id),
    wrong: [
      ...wrongInstances(listed),
      ...(listed.filter(({ state }) => state === 'running' || state === 'unknown').length < desired
        ? [wrong('critical', 'instances')]
        : []),
    ],
  },
  look: async () => {
    const found = await shown(restartStatus, {}, 'status/instances', {}, workloadOf(listed, desired));
    // What else is said when something is critical is about the whole screen.
    return { ...found, next: [] };
  },
}));

/** A part of a screen: the other parts decide as well how the command ends. */
const part = async (step: string, answersOf: readonly (ProbeFailure | undefined)[]): Promise<Shown> => {
  const { found } = await runOn(
    health,
    undefined,
    {},
    { ports: { settings, http: playedHttp(answersOf), workload: workloadOf([], 0) } },
  );
  const finding = found(step);
  if (!finding) throw new Error('nothing was found');
  return { finding, exitCode: { ok: 0, warn: 0, unknown: 5, critical: 6 }[finding.verdict], next: [] };
};

const ofEndpoints = fc
  .array(failures, { minLength: 3, maxLength: 5 })
  .map((all): Case => ({ played: { tokens: [], wrong: [] }, look: () => part('health/endpoints', all) }));
const ofLoadBalancer = fc
  .array(failures, { minLength: 3, maxLength: 5 })
  .map((all): Case => ({ played: { tokens: [], wrong: [] }, look: () => part('health/load-balancer', all) }));

const ofOverview = fc.array(failures, { minLength: 1, maxLength: 3 }).map((all): Case => ({
  played: { tokens: ['staging'], wrong: all[0] === undefined ? [] : [wrong('unknown', 'staging')] },
  look: () => shown(overview, {}, 'environments', { http: playedHttp(all) }),
}));

const ofSchedules = things('rb-', 4, (id) =>
  fc.record({ id: fc.constant(id), expression: fc.constant('0 * * * *'), suspended: fc.boolean() }),
).map((all): Case => ({
  played: {
    tokens: all.map(({ id }) => id),
    wrong: all.flatMap(({ id, suspended }) => (suspended ? [wrong('warn', id)] : [])),
  },
  look: () => shown(restartSchedules, {}, 'schedules', {}, workloadOf([], 0, all)),
}));

export const looks = {
  'db connections': ofConnections,
  'db running': ofRunning,
  'db kill-idle': ofIdle,
  'db blocking': ofBlocking,
  'db replication': ofReplication,
  'db wal': ofWal,
  'db slow': ofSlow,
  'db indexes': ofIndexes,
  'db size': ofSize,
  'db bloat': ofBloat,
  'db vacuum --status': ofVacuum,
  'restart status': ofStatus,
  'restart schedules': ofSchedules,
  'health, endpoints': ofEndpoints,
  'health, load balancer': ofLoadBalancer,
  overview: ofOverview,
} satisfies Record<string, fc.Arbitrary<Case>>;
