import { critical, ok, unknown, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import { bytes } from '../../../words/bytes.ts';

const gigabyte = 1024 ** 3;

/** How large a database may be only its disk knows; but temporary files of this size are a query that went wrong. */
export const sizeLimits = { warnTemporaryBytes: 5 * gigabyte, criticalTemporaryBytes: 50 * gigabyte } as const;

/** Temporary files that lie there at this moment. */
export const judgeTemporary = (now: number | null): Judgement => {
  if (now === null) return unknown('cannot see how large they are');
  const why = `${bytes(now)} at this moment: a query sorts or joins on disk`;
  if (now >= sizeLimits.criticalTemporaryBytes) return critical(why, 'rb db running');
  return now >= sizeLimits.warnTemporaryBytes ? warn(why, 'rb db running') : ok;
};

/** What is not judged by its size, and must be seen. */
export const judgeMeasured = (size: number | null): Judgement =>
  size === null ? unknown('cannot see how large it is') : ok;
