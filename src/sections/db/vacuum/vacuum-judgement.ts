import { critical, judgement, ok, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { VacuumedTable, XminHolder } from '../../../providers/database/port.ts';
import { grouped, percent } from '../../../words/counts.ts';

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

/** A table is behind by its dead rows, by its age, or by both. */
export const judgeTable = (
  { name, rows, autovacuumAt, xidAge }: Omit<VacuumedTable, 'oid'>,
  stopsAt: number,
): Judgement => {
  const vacuum = `rb db vacuum ${name}`;
  const begins = autovacuumAt === null ? 'autovacuum is off for it' : `autovacuum begins at ${grouped(autovacuumAt)}`;
  return judgement(
    rows.dead >= vacuumLimits.leastDeadRows &&
      rows.dead >= (autovacuumAt ?? rows.live) * vacuumLimits.warnDeadTimes &&
      warn(`${grouped(rows.dead)} dead rows, ${begins}`, vacuum),
    xidAge !== null && judgeAge(xidAge / stopsAt, vacuum),
  );
};

/** The age that counts: of transactions or of multixacts, whichever is nearer to the end. */
export const ageShare = (ages: { readonly xidAge: number; readonly multixactAge: number }, stopsAt: number): number =>
  Math.max(ages.xidAge, ages.multixactAge) / stopsAt;

/** `next`: what brings it back. */
export const judgeAge = (share: number, ...next: readonly string[]): Judgement => {
  const why = `${percent(share)} of the way to wraparound`;
  if (share >= vacuumLimits.criticalAgeShare) return critical(why, ...next);
  return share >= vacuumLimits.warnAgeShare ? warn(why, ...next) : ok;
};

/** As old as what makes the server stop: until it is gone, no VACUUM makes anything younger. */
export const judgeHolder = ({ xminAge, pid }: XminHolder, stopsAt: number): Judgement =>
  xminAge / stopsAt < vacuumLimits.warnAgeShare
    ? ok
    : warn(
        `keeps VACUUM from going beyond ${grouped(xminAge)} transactions back`,
        ...(pid === null ? ['rb db replication'] : [`rb db terminate ${pid}`]),
      );
