import * as fc from 'fast-check';
import { RunbookError } from '../../../src/engine/errors.ts';
import type { Database } from '../../../src/providers/database/port.ts';
import { slow } from '../../../src/sections/db/activity/slow.ts';
import { bloat } from '../../../src/sections/db/storage/bloat.ts';
import { indexes } from '../../../src/sections/db/storage/indexes.ts';
import { size } from '../../../src/sections/db/storage/size.ts';
import { vacuumStatus } from '../../../src/sections/db/vacuum/vacuum-status.ts';
import * as answers from './database-answers.ts';
import { origin, orNull } from './values.ts';
import { databaseLook, gigabyte, limit, notGiven, over, wrong } from './play.ts';

export const ofSlow = fc
  .record({ from: origin, view: answers.statements, limit, orderBy: fc.constantFrom('total', 'mean', 'calls') })
  .map(({ from, view, limit: most, orderBy }) => {
    const all = view.available ? view.statements : [];
    const by = { total: 'totalMs', mean: 'meanMs', max: 'maxMs', calls: 'calls' } as const;
    const statements: Database['statements'] = async (wanted) => ({
      ...from,
      ...view,
      ...(view.available
        ? {
            statements: all
              .toSorted((one, other) => other[by[wanted.orderBy]] - one[by[wanted.orderBy]])
              .slice(0, wanted.limit),
          }
        : {}),
    });
    return databaseLook(
      slow,
      'slow',
      { orderBy, limit: most },
      { statements },
      {
        tokens: all.map(({ query }) => query ?? ''),
        wrong: [
          ...notGiven(from),
          ...all.flatMap(({ query, meanMs, share }) =>
            share >= 0.05 && meanMs >= 500 ? [wrong(meanMs >= 5000 ? 'critical' : 'warn', query ?? '')] : [],
          ),
          ...(!view.available || view.unseen > 0 || view.track === 'none' ? [wrong('unknown', 'cannot see')] : []),
        ],
      },
    );
  });

/** Kinds of indexes that the server does not give: it does not know either how many there are. */
const kinds = ['missing', 'unused', 'invalid', 'duplicate'] as const;
const notKnown = fc.constantFrom(0, 0, 0, kinds.length).chain((most) => fc.subarray([...kinds], { maxLength: most }));

export const ofIndexes = fc
  .record({ from: origin, whole: answers.indexes, limit, notKnown })
  .map(({ from, whole, limit: most, notKnown: without }) => {
    const gone = (kind: (typeof kinds)[number]) => without.includes(kind);
    const view = {
      ...whole,
      missing: gone('missing') ? [] : whole.missing,
      unused: gone('unused') ? [] : whole.unused,
      invalid: gone('invalid') ? [] : whole.invalid,
      duplicate: gone('duplicate') ? [] : whole.duplicate,
    };
    const counts = {
      tables: 9,
      indexes: 9,
      missing: gone('missing') ? null : view.missing.length,
      unused: gone('unused') ? null : view.unused.length,
      unusedBytes: gone('unused') ? null : view.unused.reduce((sum, { bytes }) => sum + bytes, 0),
      invalid: gone('invalid') ? null : view.invalid.length,
      duplicate: gone('duplicate') ? null : view.duplicate.length,
    };
    const parts = [...without.map((kind) => `${kind} indexes`), ...(view.replicas === null ? ['replicas'] : [])];
    const unavailable = [...from.unavailable, ...parts.map((part) => ({ part, why: 'lock timeout' }))];
    // At most so many of each kind, as the server does it.
    const seen: Database['indexes'] = async (wanted) => ({
      ...from,
      ...view,
      unavailable,
      counts,
      missing: view.missing.slice(0, wanted.limit),
      unused: view.unused.slice(0, wanted.limit),
      invalid: view.invalid.slice(0, wanted.limit),
      duplicate: view.duplicate.slice(0, wanted.limit),
    });
    return databaseLook(
      indexes,
      'indexes',
      { limit: most, minBytes: 0 },
      { indexes: seen },
      {
        tokens: [
          ...view.missing.map(({ table }) => table),
          ...[...view.unused, ...view.invalid].map(({ index }) => index),
          ...view.duplicate.map(({ table }) => table),
          ...view.duplicate.flatMap(({ indexes: same }) => same.map(({ index }) => index)),
        ],
        wrong: [
          ...notGiven({ unavailable }),
          ...view.invalid.flatMap(({ index, beingBuilt }) => (beingBuilt ? [] : [wrong('warn', index)])),
          ...view.duplicate.map(({ table }) => wrong('warn', table)),
          ...view.missing.flatMap(({ table, sequentialScans, indexScans }) =>
            view.counting && sequentialScans === 5000 && indexScans !== 20_000 ? [wrong('warn', table)] : [],
          ),
          ...(view.counting ? [] : [wrong('unknown', 'cannot see')]),
        ],
      },
    );
  });

export const ofSize = fc.record({ from: origin, view: answers.size, limit }).map(({ from, view, limit: most }) =>
  databaseLook(
    size,
    'size',
    { limit: most },
    { size: async () => ({ ...from, ...view }) },
    {
      tokens: view.tables.map(({ table }) => table),
      wrong: [
        ...notGiven(from),
        ...(view.bytes === null ? [wrong('unknown', 'shop')] : []),
        ...(view.walBytes === null ? [wrong('unknown', 'WAL')] : []),
        ...(view.temporary.bytes === null ? [wrong('unknown', 'temporary files')] : []),
        ...(over(view.temporary.bytes, 5 * gigabyte) ? [wrong('warn', 'temporary files')] : []),
      ],
    },
  ),
);

export const ofBloat = fc.record({ from: origin, view: answers.bloat, limit }).map(({ from, view, limit: most }) => {
  const all = [...view.tables, ...view.indexes, ...view.toast.map((one) => ({ ...one, name: one.table }))];
  return databaseLook(
    bloat,
    'bloat',
    { limit: most },
    { bloat: async () => ({ ...from, ...view }) },
    {
      tokens: all.map(({ name }) => name),
      wrong: [
        ...notGiven(from),
        ...all.flatMap(({ name, bytes, wastedBytes, wastedShare }) => {
          if (bytes === 0) return [];
          if (wastedBytes === null || wastedShare === null)
            return name.startsWith('pg_catalog') ? [] : [wrong('unknown', name)];
          return wastedBytes >= 100 * 1024 ** 2 && wastedShare >= 0.3 ? [wrong('warn', name)] : [];
        }),
      ],
    },
  );
});

export const ofVacuum = fc
  .record({ from: origin, view: answers.vacuum, holders: orNull(answers.holders), limit })
  .map(({ from, view, holders, limit: most }) => {
    const { xidAge, multixactAge, stopsAt, databases } = view.wraparound;
    const share = Math.max(xidAge, multixactAge) / stopsAt;
    const database: Partial<Database> = {
      vacuumStatus: async (wanted) => ({ ...from, ...view, tables: view.tables.slice(0, wanted.limit) }),
      xminHolders: async () => {
        if (!holders) throw new RunbookError('failed', 'permission denied.');
        return { ...from, ...holders };
      },
    };
    return databaseLook(vacuumStatus, 'vacuum-status', { limit: most }, database, {
      tokens: [...view.tables, ...databases, ...(holders?.holders ?? [])].map(({ name }) => name),
      wrong: [
        ...notGiven(from),
        ...(share >= 0.5 ? [wrong(share >= 0.75 ? 'critical' : 'warn', 'shop')] : []),
        ...(share >= 0.5 && (!holders || holders.unseen > 0) ? [wrong('unknown', 'cannot see')] : []),
        ...databases.flatMap((one) =>
          Math.max(one.xidAge, one.multixactAge) / stopsAt >= 0.5 ? [wrong('warn', one.name)] : [],
        ),
        ...view.tables.flatMap((one) =>
          over(one.xidAge, stopsAt * 0.5) || one.rows.dead === 3_000_000 ? [wrong('warn', one.name)] : [],
        ),
        ...(view.autovacuum ? [] : [wrong('warn', 'autovacuum')]),
      ],
    });
  });
