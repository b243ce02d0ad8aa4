import { critical, judgement, warn } from '../../../engine/judgement.ts';
import type { JudgedRow, Judgement } from '../../../engine/judgement.ts';
import type { ReplicationSlot } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';

const gigabyte = 1024 ** 3;

/** WAL that a slot keeps while nobody uses it; an active one may lie back that far for a moment. */
export const slotLimits = { warnRetainedBytes: gigabyte, criticalRetainedBytes: 20 * gigabyte } as const;

/**
 * A slot that has lost WAL, or is about to, has lost its replica; one that is not used fills the disk. One that is synchronised is used
 * when its replica is promoted.
 */
export const judgeSlot = (slot: ReplicationSlot): Judgement => {
  const { name, active, synchronised, retainedBytes, walStatus, inactiveMs } = slot;
  const drop = `SELECT pg_drop_replication_slot('${name}');   -- if what used it will not come back`;
  const unused = `not used${inactiveMs === null ? '' : ` for ${age(inactiveMs)}`}, and keeps ${bytes(retainedBytes)} of WAL`;
  const kept = retainedBytes ?? 0;
  const inUse = active || synchronised;
  return judgement(
    walStatus === 'lost' && critical('has lost WAL that it needs: what uses it has to be set up again', drop),
    walStatus === 'unreserved' && critical('is about to lose WAL that it needs (max_slot_wal_keep_size)'),
    walStatus === 'extended' && warn(`keeps more than max_wal_size (${bytes(retainedBytes) ?? 'cannot see how much'})`),
    !inUse &&
      retainedBytes !== null &&
      (kept >= slotLimits.criticalRetainedBytes ? critical(unused, drop) : warn(unused, drop)),
    inUse &&
      kept >= slotLimits.warnRetainedBytes &&
      warn(
        synchronised ? `its original on the primary is ${bytes(kept)} behind` : `what uses it is ${bytes(kept)} behind`,
        'rb db replication',
      ),
  );
};

/** `keeps 1.2 GB of WAL, inactive for 3 h`. */
const slotDetail = (slot: ReplicationSlot): string =>
  [
    slot.synchronised
      ? 'synchronised from the primary'
      : slot.active
        ? 'active'
        : `inactive${slot.inactiveMs === null ? '' : ` for ${age(slot.inactiveMs)}`}`,
    slot.retainedBytes === null ? 'keeps no WAL' : `keeps ${bytes(slot.retainedBytes)} of WAL`,
    ...(slot.walStatus !== null && slot.walStatus !== 'reserved' ? [`WAL ${slot.walStatus}`] : []),
    ...(slot.safeBytes === null ? [] : [`${bytes(slot.safeBytes)} until it is lost`]),
  ].join(', ');

/** A slot as a row; `before` and `after` its detail are the cells that the table has besides. */
export const slotRow = (slot: ReplicationSlot, before: readonly string[], after: readonly null[] = []): JudgedRow => ({
  name: `slot ${slot.name}`,
  cells: [...before, ...after, slotDetail(slot)],
  marks: before.length + after.length,
  judgement: judgeSlot(slot),
});
