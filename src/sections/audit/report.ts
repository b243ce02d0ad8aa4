import { htmlReport } from '../../audit/report/html.ts';
import { markdownReport } from '../../audit/report/markdown.ts';
import { reportFrom } from '../../audit/report/timeline.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Rb } from '../section.ts';
import { openSession, pathOf } from './sessions.ts';

export interface ReportFlags {
  readonly html?: true;
  readonly file?: string;
}

/** Markdown on standard output unless said otherwise; a file's name that ends in .html means HTML. */
export const showReport = async (rb: Rb, session: string | undefined, flags: ReportFlags): Promise<void> => {
  const path = pathOf(await rb.auditDirectory(), session);
  const report = reportFrom(openSession(path).recorded.events, verifyAudit(path));
  if (!report)
    throw new RunbookError('usage', `${path} has no readable beginning, so there is nothing to report.`, {
      next: ['rb audit verify', 'rb audit list'],
    });
  const html = flags.html ?? flags.file?.endsWith('.html');
  const text = html ? htmlReport(report) : markdownReport(report);
  if (flags.file === undefined) return rb.document(text, report);
  const file = await rb.save(flags.file, text);
  await rb.show({ verdict: 'ok', summary: `report written to ${flags.file}`, data: { file } });
};
