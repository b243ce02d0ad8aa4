import * as z from 'zod/mini';
import type { Cell, Finding } from '../../engine/finding.ts';
import { worst } from '../../engine/finding.ts';
import type { Bloat, BloatView, From } from '../../providers/database/port.ts';
import { bloatLimits, judgeBloat } from './bloat-judgement.ts';
import { read } from './read.ts';
import { isCatalog, placeOf, serverData } from './server.ts';
import { bytes, counted, grouped, marked, percent } from './units.ts';

/** Sections 2.3 and 3.6 of the runbook, "if table bloat suspected": an estimate for the largest tables and their indexes. */
export const bloat = read({
  id: 'bloat',
  section: '3.6',
  title: 'Bloat',
  input: { limit: z.int().check(z.gte(1), z.lte(1000)) },
  look: async ({ server, input, ...call }) => bloatFinding(await server.bloat(call), input.limit),
  next: ['rb db vacuum --status', 'rb db vacuum <table>'],
});

/** Judged and counted before the cut: what is not shown may be what is wrong. */
const bloatFinding = ({ server, looked, ...view }: From<BloatView>, limit: number): Finding => {
  const all = [...view.tables, ...view.indexes];
  const tables = shownOf(view.tables, limit);
  const indexes = shownOf(view.indexes, limit);
  const wasted = all.reduce((sum, { wastedBytes }) => sum + (wastedBytes ?? 0), 0);
  const unknown = all.filter(({ wastedBytes }) => wastedBytes === null).length;
  return {
    verdict: worst(all.map(judgeBloat)),
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
      ],
    },
    data: {
      server: serverData(server),
      tables: tables.map((one) => ({ ...one })),
      indexes: indexes.map((one) => ({ ...one })),
      looked: { ...looked },
      totals: { wastedBytes: wasted, unknown },
      thresholds: { warn: { ...bloatLimits.warn }, critical: { ...bloatLimits.critical } },
    },
  };
};

/** The worst first, then by the bytes. */
const shownOf = <Kind extends Bloat>(all: readonly Kind[], limit: number): readonly Kind[] =>
  all.toSorted((one, other) => urgency(other) - urgency(one)).slice(0, limit);

const urgency = (one: Bloat): number => ['unknown', 'ok', 'warn', 'critical'].indexOf(judgeBloat(one));

const isWorthALine = (one: Bloat): boolean =>
  one.wastedBytes !== 0 && (!isCatalog(one.name) || judgeBloat(one) === 'critical');

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
