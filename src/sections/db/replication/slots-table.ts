import type { Cell } from '../../../engine/finding.ts';
import type { ReplicationSlot } from '../../../providers/database/port.ts';
import { judgeSlot } from './slots-judgement.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';

/** `1.2 GB kept, inactive, wal lost`. */
export const slotDetail = (slot: ReplicationSlot): string =>
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

export const slotCell = (slot: ReplicationSlot): Cell => ({ text: slotDetail(slot), verdict: judgeSlot(slot) });
