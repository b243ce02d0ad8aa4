import type { Verdict } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { VacuumedTable, VacuumStatus } from '../../../providers/database/port.ts';

/**
 * Dead rows: so many times more than what brings autovacuum. Wraparound: as a share of the transactions after which the server
 * takes no more writes; autovacuum begins at about a tenth, the server warns at the last 40 million.
 */
export const vacuumLimits = {
  warnDeadTimes: 2,
  leastDeadRows: 10_000,
  warnAgeShare: 0.5,
  criticalAgeShare: 0.75,
} as const;

export const judgeTable = ({ rows, autovacuumAt }: Pick<VacuumedTable, 'rows' | 'autovacuumAt'>): Verdict => {
  if (rows.dead < vacuumLimits.leastDeadRows) return 'ok';
  return rows.dead >= (autovacuumAt ?? rows.live) * vacuumLimits.warnDeadTimes ? 'warn' : 'ok';
};

/** The age that counts: of transactions or of multixacts, whichever is nearer to the end. */
export const ageShare = (ages: { readonly xidAge: number; readonly multixactAge: number }, stopsAt: number): number =>
  Math.max(ages.xidAge, ages.multixactAge) / stopsAt;

export const judgeAge = (share: number): Verdict => {
  if (share >= vacuumLimits.criticalAgeShare) return 'critical';
  return share >= vacuumLimits.warnAgeShare ? 'warn' : 'ok';
};

export const judgeVacuum = ({ tables, wraparound, autovacuum }: VacuumStatus): Verdict =>
  worst([
    ...tables.map(judgeTable),
    ...[wraparound, ...wraparound.databases].map((ages) => judgeAge(ageShare(ages, wraparound.stopsAt))),
    autovacuum ? 'ok' : 'warn',
  ]);
