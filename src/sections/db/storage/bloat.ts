import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged } from '../../../engine/judgement.ts';
import type { JudgedRow } from '../../../engine/judgement.ts';
import type { Bloat, BloatView, From } from '../../../providers/database/port.ts';
import { bloatLimits, judgeBloat } from './bloat-judgement.ts';
import { list, nullableNumber, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { isCatalog, onServer, placeOf, unseenParts } from '../reading/server.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';

const estimate = {
  name: z.string(),
  bytes: z.number(),
  wastedBytes: nullableNumber,
  wastedShare: nullableNumber,
  why: z.nullable(
    z.enum(['never analysed', 'never vacuumed', 'no column statistics', 'column statistics may not be read']),
  ),
};
const limits = z.object({ share: z.number(), bytes: z.number() });

const BloatData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  tables: list(z.object(estimate)),
  indexes: list(z.object({ ...estimate, table: z.string() })),
  toast: list(z.object({ ...estimate, table: z.string() })),
  looked: z.object({ tables: z.number(), of: z.number() }),
  totals: z.object({ wastedBytes: z.number(), unknown: z.number() }),
  thresholds: z.object({ warn: limits, critical: limits }),
});

/** Sections 2.3 and 3.6 of the runbook, "if table bloat suspected": an estimate for the largest tables and their indexes. */
export const bloat = databaseLook({
  id: 'bloat',
  section: '3.6',
  title: 'Bloat',
  purpose: 'Tables or indexes take more space than their rows need.',
  input: z.object({ ...onServer, limit: z.int().check(z.gte(1), z.lte(1000)) }),
  data: BloatData,
  look: async (server, context) => bloatFinding(await server.bloat(context), context.input.limit),
});

type Estimated = Bloat & { readonly table?: string };

/** Judged before the cut: what is not shown is ok. */
const bloatFinding = (
  { server, unavailable, looked, ...view }: From<BloatView>,
  limit: number,
): DataFinding<z.output<typeof BloatData>> => {
  const all: readonly Estimated[] = [...view.tables, ...view.indexes, ...view.toast];
  const wasted = all.reduce((sum, { wastedBytes }) => sum + (wastedBytes ?? 0), 0);
  const unknown = all.filter(({ bytes: size, wastedBytes }) => size > 0 && wastedBytes === null);
  const own = unknown.filter(isOwn).length;
  return {
    ...judged({
      about: [
        `an estimated ${bytes(wasted)} wasted in the ${looked.tables < looked.of ? `${grouped(looked.tables)} largest of ${grouped(looked.of)} tables` : counted(looked.of, 'table')} of ${placeOf(server)}${unknown.length > 0 ? ' that can be estimated' : ''}`,
        ...(own > 0 ? [`${counted(own, 'table')} of the server itself not estimated`] : []),
      ].join('; '),
      columns: [
        { title: 'what' },
        { title: 'name', whole: true },
        { title: 'size', align: 'right' },
        { title: 'wasted', align: 'right' },
        { title: 'share', align: 'right' },
        { title: 'of table', extra: true },
      ],
      rows: [
        ...view.tables.map((one) => rowOf('table', one, one.name, `rb db vacuum ${one.name}`)),
        ...view.indexes.map((one) => rowOf('index', one, one.table, `REINDEX INDEX CONCURRENTLY ${one.name};`)),
        ...view.toast.map((one) => rowOf('TOAST', one, one.table, `rb db vacuum ${one.table}`)),
      ]
        .flatMap((row) => row ?? [])
        .toSorted((one, other) => other.wasted - one.wasted),
      unseen: unseenParts({ unavailable }),
      limit,
    }),
    data: {
      server,
      unavailable,
      ...view,
      looked,
      totals: { wastedBytes: wasted, unknown: unknown.length },
      thresholds: bloatLimits,
    },
  };
};

/** Some of the server's own tables never have statistics (pg_statistic), and only a superuser may read those of others: no loss. */
const isOwn = (one: Estimated): boolean => one.wastedBytes === null && isCatalog(one.table ?? one.name);

/** Undefined where there is nothing to say of it. TOAST has a name of the system: it is known by its table. */
const rowOf = (
  what: 'table' | 'index' | 'TOAST',
  one: Bloat,
  table: string,
  next: string,
): (JudgedRow & { readonly wasted: number }) | undefined => {
  const judgement = judgeBloat(one, next);
  if (one.bytes === 0 || isOwn({ ...one, table })) return undefined;
  if (judgement.verdict === 'ok' && (one.wastedBytes === 0 || isCatalog(table))) return undefined;
  return {
    name: what === 'TOAST' ? `TOAST of ${table}` : one.name,
    cells: [
      what,
      what === 'TOAST' ? table : one.name,
      bytes(one.bytes),
      one.wastedBytes === null ? `N/A: ${one.why}` : bytes(one.wastedBytes),
      one.wastedShare === null ? null : percent(one.wastedShare),
      what === 'index' ? table : null,
    ],
    marks: 3,
    judgement,
    wasted: one.wastedBytes ?? 0,
  };
};
