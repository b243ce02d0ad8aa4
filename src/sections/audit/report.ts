import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { htmlReport } from '../../audit/report/html.ts';
import { markdownReport } from '../../audit/report/markdown.ts';
import { reportFrom } from '../../audit/report/timeline.ts';
import { verifyAudit } from '../../audit/verify.ts';
import { messageOf, RunbookError } from '../../engine/errors.ts';
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
  await write(resolve(rb.world.cwd, flags.file), text);
  await rb.show({
    verdict: 'ok',
    summary: `report written to ${flags.file}`,
    data: { file: resolve(rb.world.cwd, flags.file) },
  });
};

/** Never over something that is there: a report may be the only copy of somebody's notes. */
const write = async (file: string, text: string): Promise<void> => {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new RunbookError('usage', `cannot write ${file}: ${exists ? 'it exists already' : messageOf(error)}`, {
      next: ['name another file with --file'],
      cause: error,
    });
  }
};
