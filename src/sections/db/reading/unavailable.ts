import * as z from 'zod/mini';
import type { Cell, DataFinding, Table } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { Json } from '../../../engine/json.ts';
import { UnavailableData } from './data.ts';

const Partial = z.object({ unavailable: z.array(UnavailableData) });
type Unavailable = z.output<typeof UnavailableData>;

/** A finding of which the server did not give every part: each that is missing is named, and `unknown` is the best that it can be. */
export const withUnavailable = <Data extends Json>(finding: DataFinding<Data>): DataFinding<Data> => {
  const found = z.safeParse(Partial, finding.data);
  if (!found.success || found.data.unavailable.length === 0) return finding;
  const { unavailable } = found.data;
  return {
    ...finding,
    verdict: worst([finding.verdict, 'unknown']),
    summary: [finding.summary, `cannot see ${unavailable.map(({ part }) => part).join(', ')}`].join('; '),
    evidence: withRows(finding.evidence, unavailable),
  };
};

const withRows = (evidence: Table | undefined, unavailable: readonly Unavailable[]): Table => {
  const columns = evidence?.columns ?? [{ title: 'what' }];
  return { columns, rows: [...(evidence?.rows ?? []), ...unavailable.map((one) => rowOf(one, columns.length))] };
};

const rowOf = ({ part, why }: Unavailable, columns: number): readonly Cell[] => [
  { text: `cannot see ${part}: ${why}`, verdict: 'unknown' },
  ...Array.from({ length: columns - 1 }, () => null),
];
