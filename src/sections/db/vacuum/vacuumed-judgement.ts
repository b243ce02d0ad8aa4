import type { AnyFinding } from '../../../engine/finding.ts';
import type { DatabaseTable, TableRows, VacuumOutcome, XminHolder } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';
import { grouped } from '../../../words/counts.ts';

/** So much of the dead rows may stay without a word: others go on writing meanwhile. */
const stayingLimits = { share: 0.1, rows: 1000 } as const;

/**
 * Whether the VACUUM was done, by what the server answered or, after an interruption, by its counter; and what it was good
 * for: dead rows that stay are still visible to somebody.
 */
export const judgeVacuumed = (
  { table, analyze }: { readonly table: DatabaseTable; readonly analyze: boolean },
  after: TableRows | undefined,
  holders: readonly XminHolder[],
  outcome: VacuumOutcome | undefined,
): AnyFinding => {
  const before = table.rows;
  const data = {
    table: table.name,
    analyze,
    before: { ...before },
    after: after ? { ...after } : null,
    holders: holders.map((one) => ({ ...one })),
    notices: [...(outcome?.notices ?? [])],
  };
  if (!outcome && !after) return { verdict: 'unknown', summary: `cannot see ${table.name} any more`, data };
  // The server keeps no such counter of a partitioned table itself.
  if (!outcome && table.kind === 'partitioned table')
    return {
      verdict: 'unknown',
      summary: `whether all partitions of ${table.name} were vacuumed cannot be seen`,
      data,
    };
  if (!outcome && after && after.vacuums <= before.vacuums)
    return { verdict: 'critical', summary: `${table.name} was not vacuumed to the end`, data };
  const dead = after?.dead ?? 0;
  const summary = `${table.name} vacuumed${analyze ? ' and analyzed' : ''}: ${grouped(before.dead)} dead rows before, ${after ? grouped(dead) : 'cannot see how many'} after`;
  const stays = dead >= stayingLimits.rows && dead >= before.dead * stayingLimits.share;
  if (!stays) return { verdict: 'ok', summary, data };
  const [oldest] = holders;
  return {
    verdict: 'warn',
    summary: `${summary}; ${oldest ? `they stay because of ${nameOf(oldest)}` : 'who still needs them cannot be seen'}`,
    evidence: {
      columns: [
        { title: 'who keeps dead rows' },
        { title: 'name' },
        { title: 'detail' },
        { title: 'transactions', align: 'right' },
        { title: 'for', align: 'right' },
      ],
      rows: holders.map((one) => [one.kind, one.name, one.detail, one.xminAge, age(one.ageMs)]),
    },
    data,
  };
};

const nameOf = ({ kind, name, detail, ageMs }: XminHolder): string =>
  `the ${kind} ${name} (${detail}${ageMs === null ? '' : `, for ${age(ageMs)}`})`;
