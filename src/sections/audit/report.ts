import { damaged } from '../../audit/record/chain.ts';
import { htmlReport } from '../../audit/report/html.ts';
import { markdownReport } from '../../audit/report/markdown.ts';
import { collectReport } from '../../audit/report/timeline.ts';
import { verificationOf } from '../../audit/read/verify.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Rb } from '../section.ts';
import { configuredAnchor } from './anchor.ts';
import { damagedExit, wantedSession } from './sessions.ts';

export interface ReportFlags {
  readonly html?: true;
  readonly file?: string;
}

/** Markdown on standard output unless said otherwise; a file's name that ends in .html means HTML. */
export const showReport = async (rb: Rb, session: string | undefined, flags: ReportFlags): Promise<void> => {
  const collected = collectReport();
  const recorded = wantedSession(await rb.auditDirectory(), session, { on: collected.on });
  const { path, problem } = recorded;
  const report = collected.report(recorded.state, verificationOf(recorded, { anchor: await configuredAnchor(rb) }));
  if (!report)
    throw new RunbookError(
      problem ? 'failed' : 'usage',
      `${path} has no readable beginning, so there is nothing to report${problem ? `: it is ${damaged(problem)}` : ''}.`,
      { next: [`rb audit verify ${recorded.session}`, 'rb audit list'] },
    );
  if (problem) rb.exit(damagedExit);
  const html = flags.html ?? flags.file?.endsWith('.html');
  const text = html ? htmlReport(report) : markdownReport(report);
  if (flags.file === undefined) return rb.document(text, report);
  const file = await rb.save(flags.file, text);
  await rb.show({
    verdict: problem ? 'critical' : 'ok',
    summary: `report written to ${flags.file}${problem ? `; the log is ${damaged(problem)}` : ''}`,
    data: { file },
  });
};
