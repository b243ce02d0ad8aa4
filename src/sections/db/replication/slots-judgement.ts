import type { Verdict } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { ReplicationSlot } from '../../../providers/database/port.ts';

const gigabyte = 1024 ** 3;

/** WAL that a slot keeps while nobody uses it; an active one may lie back that far for a moment. */
export const slotLimits = { warnRetainedBytes: gigabyte, criticalRetainedBytes: 20 * gigabyte } as const;

/** A slot that has lost WAL, or is about to, has lost its replica; one that nobody uses fills the disk. */
export const judgeSlot = ({ active, synchronised, retainedBytes, walStatus }: ReplicationSlot): Verdict => {
  const unused = !active && !synchronised;
  if (walStatus === 'lost' || walStatus === 'unreserved') return 'critical';
  const kept = retainedBytes ?? 0;
  if (unused && kept >= slotLimits.criticalRetainedBytes) return 'critical';
  return kept >= slotLimits.warnRetainedBytes || (unused && retainedBytes !== null) || walStatus === 'extended'
    ? 'warn'
    : 'ok';
};

export const judgeSlots = (slots: readonly ReplicationSlot[]): Verdict => worst(slots.map(judgeSlot));
