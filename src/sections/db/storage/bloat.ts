import * as z from 'zod/mini';
import type { Cell, DataFinding, Verdict } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { Bloat, BloatView, From } from '../../../providers/database/port.ts';
import { bloatLimits, judgeBloat } from './bloat-judgement.ts';
import { list, nullableNumber, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { isCatalog, onServer, placeOf } from '../reading/server.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped, percent } from '../../../words/counts.ts';
import { marked } from '../../../engine/finding.ts';

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
  next: ['rb db vacuum --status', 'rb db vacuum <table>'],
});

/** Judged and counted before the cut: what is not shown may be what is wrong. */
const bloatFinding = (
  { server, unavailable, looked, ...view }: From<BloatView>,
  limit: number,
): DataFinding<z.output<typeof BloatData>> => {
  const all = [...view.tables, ...view.indexes, ...view.toast];
  const tables = shownOf(view.tables, limit);
  const indexes = shownOf(view.indexes, limit);
  const toast = shownOf(view.toast, limit);
  const wasted = all.reduce((sum, { wastedBytes }) => sum + (wastedBytes ?? 0), 0);
  const unknown = all.filter(({ wastedBytes }) => wastedBytes === null).length;
  return {
    verdict: worst(all.map(verdictOf)),
    summary: [
      `an estimated ${bytes(wasted)} wasted in the ${looked.tables < looked.of ? `${grouped(looked.tables)} largest of ${grouped(looked.of)} tables` : counted(looked.of, 'table')} of ${placeOf(server)}`,
      ...(unknown > 0 ? [`${unknown} cannot be estimated`] : []),
    ].join('; '),
    evidence: {
      columns: [
        { title: 'what' },
        { title: 'name' },
        { title: 'size', align: 'right' },
        { title: 'wasted', align: 'right' },
        { title: 'share', align: 'right' },
        { title: 'of table', extra: true },
      ],
      rows: [
        ...tables.filter(isWorthALine).map((one) => rowOf('table', one, null)),
        ...indexes.filter(isWorthALine).map((one) => rowOf('index', one, one.table)),
        ...toast.filter(isWorthALine).map((one) => rowOf('TOAST', one, one.table)),
      ],
    },
    data: {
      server,
      unavailable,
      tables,
      indexes,
      toast,
      looked,
      totals: { wastedBytes: wasted, unknown },
      thresholds: bloatLimits,
    },
  };
};

/** Some of the server's own tables never have statistics (pg_statistic), and only a superuser may read those of others. */
const verdictOf = (one: Bloat): Verdict =>
  one.wastedBytes === null && (one.bytes === 0 || isCatalog(ownerOf(one))) ? 'ok' : judgeBloat(one);

/** The worst first, then by the bytes. */
const shownOf = <Kind extends Bloat>(all: readonly Kind[], limit: number): readonly Kind[] =>
  all.toSorted((one, other) => urgency(other) - urgency(one)).slice(0, limit);

const urgency = (one: Bloat): number => ['ok', 'unknown', 'warn', 'critical'].indexOf(verdictOf(one));

/** TOAST has a name of the system, whatever it belongs to. */
const ownerOf = (one: Bloat & { readonly table?: string }): string => one.table ?? one.name;

const isWorthALine = (one: Bloat): boolean =>
  one.wastedBytes !== 0 && one.bytes > 0 && (!isCatalog(ownerOf(one)) || verdictOf(one) !== 'ok');

const rowOf = (what: string, one: Bloat, table: string | null): readonly Cell[] => [
  what,
  one.name,
  bytes(one.bytes),
  one.wastedBytes === null
    ? { text: `N/A: ${one.why}`, verdict: 'unknown' }
    : marked(bytes(one.wastedBytes), judgeBloat(one)),
  one.wastedShare === null ? null : percent(one.wastedShare),
  table,
];
