import { damaged } from '../record/chain.ts';
import { newerThanUs } from '../read/event-in.ts';
import type { Report } from './timeline.ts';

/** One sentence about how far the record behind a report can be trusted, and no further. */
export const auditLine = ({ audit, program, session, unknownKinds }: Report): string => {
  const writer = unknownKinds.length === 0 ? `written by ${program}` : newerThanUs(program, unknownKinds);
  const from = `From the audit log of session ${session}, ${writer}.`;
  if (!audit) return from;
  if (audit.problem)
    return `${from} THE LOG IS ${damaged(audit.problem, 'DAMAGED')}. This report shows what comes before it.`;
  const state = [
    `${audit.records} records, the chain is intact`,
    audit.closed ? 'closed' : 'not closed',
    audit.anchored ? 'anchored' : 'not anchored',
  ].join(', ');
  const torn = audit.torn ? ` Its last ${audit.torn.bytes} bytes are a record that was not finished.` : '';
  const fromSpill = audit.spilled + audit.takenOver;
  const saved = fromSpill > 0 ? ` ${fromSpill} result(s) come from the spill file.` : '';
  const remarks = audit.remarks.map((remark) => ` Beware: ${remark}.`).join('');
  return `${from} ${state} (last hash ${audit.head.hash}).${torn}${saved}${remarks}`;
};
