import type { Report } from './timeline.ts';

/** One sentence about how far the record behind a report can be trusted, and no further. */
export const auditLine = ({ audit, program, session }: Report): string => {
  const from = `From the audit log of session ${session}, written by ${program}.`;
  if (!audit) return from;
  if (audit.problem)
    return `${from} THE LOG IS DAMAGED at line ${audit.problem.line}: ${audit.problem.what}. This report shows what comes before it.`;
  const state = [
    `${audit.records} records, the chain is intact`,
    audit.closed ? 'closed' : 'not closed',
    audit.anchored ? 'anchored' : 'not anchored',
  ].join(', ');
  const torn = audit.torn ? ` Its last ${audit.torn.bytes} bytes are a record that was not finished.` : '';
  const saved = audit.spilled > 0 ? ` ${audit.spilled} result(s) come from the spill file.` : '';
  return `${from} ${state} (last hash ${audit.head.hash}).${torn}${saved}`;
};
