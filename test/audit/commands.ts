import { exitCodes } from '../../src/cli/exit-codes.ts';
import { resumeSession } from '../../src/cli/session/resume.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { AnyFinding } from '../../src/engine/finding.ts';
import { showList } from '../../src/sections/audit/list.ts';
import { showReport } from '../../src/sections/audit/report.ts';
import { showSession } from '../../src/sections/audit/show.ts';
import { verifySessions } from '../../src/sections/audit/verify.ts';
import type { Rb } from '../../src/sections/section.ts';

/** What a command ended with: its exit code, what it said, and what `-o json` would print. */
export interface Said {
  readonly code: number;
  readonly text: string;
  readonly data: unknown;
}

/** Runs what is behind a command. Rejects where it throws anything but an error for people. */
const run = async (directory: string, command: (rb: Rb) => Promise<void>): Promise<Said> => {
  const said: Said[] = [];
  let code = 0;
  const show = (text: string, data: unknown) => void said.push({ code, text, data });
  const rb: Partial<Rb> = {
    auditDirectory: async () => directory,
    configuration: () => Promise.reject(new RunbookError('usage', 'There is no configuration.')),
    exit: (wanted) => void (code = wanted),
    show: async ({ summary, evidence, data }: AnyFinding) =>
      show([summary, ...(evidence?.rows ?? []).map((row) => JSON.stringify(row))].join('\n'), data),
    document: async (text, data) => show(text, data),
    save: async (file) => file,
  };
  try {
    await command(rb as Rb);
    // As it is printed.
    return {
      code,
      text: said.map(({ text }) => text).join('\n'),
      data: JSON.parse(JSON.stringify(said[0]?.data ?? null)),
    };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return { code: exitCodes[error.kind], text: [error.message, ...error.next].join('\n'), data: null };
  }
};

export const list = (directory: string, limit = '1000') => run(directory, (rb) => showList(rb, limit));
export const verify = (directory: string, ...ids: readonly string[]) =>
  run(directory, (rb) => verifySessions(rb, ids, false));
export const verifyAll = (directory: string) => run(directory, (rb) => verifySessions(rb, [], true));
export const show = (directory: string, id?: string) => run(directory, (rb) => showSession(rb, id));
export const report = (directory: string, id?: string, html = false) =>
  run(directory, (rb) => showReport(rb, id, html ? { html: true } : {}));

class WouldGoOn extends Error {}

/** As far as what is done with the log alone: 0 where the session would go on. */
export const resume = (directory: string, id?: string, environment?: string) =>
  run(directory, async () => {
    try {
      await resumeSession(id, {
        auditDirectory: directory,
        service: 'checkout-api',
        environment,
        selected: async () => environment ?? 'production',
        setting: () => Promise.reject(new WouldGoOn()),
        portsFor: () => Promise.reject(new Error('not reached')),
      });
    } catch (error) {
      if (!(error instanceof WouldGoOn)) throw error;
    }
  });
