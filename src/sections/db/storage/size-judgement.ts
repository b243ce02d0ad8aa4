import type { Verdict } from '../../../engine/finding.ts';
import type { DatabaseSize } from '../../../providers/database/port.ts';

const gigabyte = 1024 ** 3;

/** How large a database may be only its disk knows; but temporary files of this size are a query that went wrong. */
export const sizeLimits = { warnTemporaryBytes: 5 * gigabyte, criticalTemporaryBytes: 50 * gigabyte } as const;

export const judgeSize = ({ bytes, temporary, walBytes }: DatabaseSize): Verdict => {
  const now = temporary.bytes ?? 0;
  if (now >= sizeLimits.criticalTemporaryBytes) return 'critical';
  if (now >= sizeLimits.warnTemporaryBytes) return 'warn';
  return bytes === null || walBytes === null || temporary.bytes === null ? 'unknown' : 'ok';
};
