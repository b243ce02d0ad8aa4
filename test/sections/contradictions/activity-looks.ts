import * as fc from 'fast-check';
import { RunbookError } from '../../../src/engine/errors.ts';
import { connections } from '../../../src/sections/db/activity/connections.ts';
import { running } from '../../../src/sections/db/activity/running.ts';
import { blocking } from '../../../src/sections/db/blocking/blocking.ts';
import { killIdle } from '../../../src/sections/db/idle/kill-idle.ts';
import { idleSession } from '../db/a-session.ts';
import { runOn } from '../rig.ts';
import * as answers from './database-answers.ts';
import { origin } from './values.ts';
import { databaseLook, notGiven, over, playing, settings, wrong } from './play.ts';
import type { Case } from './play.ts';

export const ofConnections = fc.record({ from: origin, counts: answers.connections }).map(({ from, counts }) =>
  databaseLook(
    connections,
    'connections',
    {},
    { connections: async () => ({ ...from, ...counts }) },
    {
      tokens: [...counts.limits, ...counts.byApplication, ...counts.byUser].map(({ name }) => name),
      wrong: [
        ...(counts.total >= 72 ? [wrong(counts.total >= 86 ? 'critical' : 'warn', 'usable connections')] : []),
        ...counts.limits.flatMap(({ name, used, max }) => (used >= max * 0.8 ? [wrong('warn', name)] : [])),
        ...counts.byState.flatMap(({ name, oldestMs }) =>
          name.startsWith('idle in') && (oldestMs === null || oldestMs >= 300_000) ? [wrong('unknown', name)] : [],
        ),
        ...(counts.unseen > 0 ? [wrong('unknown', 'cannot see')] : []),
        ...notGiven(from),
      ],
    },
  ),
);

const pids = (all: readonly { readonly pid: number }[]): readonly string[] => all.map(({ pid }) => String(pid));

export const ofRunning = fc.record({ from: origin, view: answers.sessions }).map(({ from, view }) =>
  databaseLook(
    running,
    'running',
    {},
    { runningSessions: async () => ({ ...from, ...view }) },
    {
      tokens: pids(view.sessions),
      wrong: [
        ...view.sessions.flatMap(({ pid, kind, transactionMs }) =>
          kind === 'client backend' && over(transactionMs, 60_000)
            ? [wrong(over(transactionMs, 1_800_000) ? 'critical' : 'warn', String(pid))]
            : [],
        ),
        ...(view.unseen > 0 ? [wrong('unknown', 'cannot see')] : []),
        ...notGiven(from),
      ],
    },
  ),
);

export const ofIdle = fc.record({ from: origin, view: answers.sessions }).map(({ from, view }): Case => ({
  played: {
    tokens: pids(view.sessions),
    wrong: [...(view.unseen > 0 ? [wrong('unknown', 'cannot see')] : []), ...notGiven(from)],
  },
  look: async () => {
    const asked = { olderThanMs: 0, users: [], applications: [], databases: [], includeIdleInTransaction: true };
    const database = {
      idleSessions: async () => ({ ...from, ...view, sessions: view.sessions.map(idleSession) }),
      sessionsStillThere: async () => ({ ...from, ...view }),
      replication: () => Promise.reject(new RunbookError('failed', 'not played')),
    };
    const { found } = await runOn(killIdle, undefined, asked, {
      dryRun: true,
      ports: { settings, ...playing(database) },
    });
    const finding = found('idle');
    if (!finding) throw new Error('nothing was found');
    // A change follows: what is found here does not decide how the command ends.
    return { finding, exitCode: finding.verdict === 'unknown' ? 5 : 0, next: [] };
  },
}));

export const ofBlocking = fc.record({ from: origin, view: answers.blocking }).map(({ from, view }) => {
  const waiting = view.sessions.filter(({ waitsForLock }) => over(waitsForLock?.waitedMs ?? null, 5000));
  const isWaited = view.sessions.some(({ waitsForLock, blockedBy }) => waitsForLock !== null || blockedBy.length > 0);
  const anyone = [...pids(view.sessions), '70001', '70002', '70003', '70004', '70999', 'prepared'];
  return databaseLook(
    blocking,
    'blocking',
    {},
    { blocking: async () => ({ ...from, ...view }) },
    {
      tree: true,
      ...(isWaited ? { untrue: /(?:nobody|no session)(?: that can be seen)? waits for a lock/ } : {}),
      tokens: [
        ...new Set([
          ...pids(view.sessions),
          '70001',
          '70002',
          '70003',
          '70004',
          '70999',
          ...view.prepared.map(({ gid }) => gid),
        ]),
      ],
      wrong: [
        ...(waiting.length > 0
          ? [
              wrong(
                waiting.some(({ waitsForLock }) => over(waitsForLock?.waitedMs ?? null, 60_000)) ? 'critical' : 'warn',
                ...anyone,
              ),
            ]
          : []),
        ...notGiven(from),
        ...view.prepared.flatMap(({ gid, ageMs }) => (ageMs >= 600_000 ? [wrong('warn', gid)] : [])),
        ...(view.unseen > 0 ? [wrong('unknown', 'cannot see')] : []),
      ],
    },
  );
});
