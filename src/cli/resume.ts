import { listSessions } from '../audit/list.ts';
import { logPath } from '../audit/file.ts';
import { readSession } from '../audit/read.ts';
import { reopenAuditLog } from '../audit/reopen.ts';
import { difference } from '../engine/difference.ts';
import { RunbookError } from '../engine/errors.ts';
import type { SessionOpened } from '../engine/events.ts';
import type { JsonObject } from '../engine/json.ts';
import { outline } from '../engine/procedure.ts';
import { isUnfinished, sessionFrom } from '../engine/session-state.ts';
import type { SessionState } from '../engine/session-state.ts';
import type { PortName, Ports } from '../sections/ports.ts';
import { procedures } from '../sections/procedures.ts';
import { conduct, recordedConfiguration, subjectOf, why } from './run-session.ts';
import type { SessionSetting } from './run-session.ts';
import { systemActor, systemClock } from './system.ts';

export interface ResumeDeps {
  readonly auditDirectory: string;
  /** The service of the configuration: sessions of others are only resumed by name. */
  readonly service: string;
  readonly setting: (environment: string) => Promise<SessionSetting>;
  readonly portsFor: (
    setting: SessionSetting,
  ) => Promise<(needs: readonly PortName[]) => Promise<Pick<Ports, PortName>>>;
}

/**
 * Goes on with a session that was cut off: what is done stays done, an intent without a result is settled by looking.
 * Returns the exit code. Errors: `usage` where there is nothing to resume, `refused` where the procedure or the
 * configuration is not what it was.
 */
export const resumeSession = async (wanted: string | undefined, deps: ResumeDeps): Promise<number> => {
  const session = wanted ?? newestOpen(deps.auditDirectory, deps.service);
  const path = logPath(deps.auditDirectory, session);
  const recorded = readSession(path);
  const history = sessionFrom(recorded.events);
  const opened = openedBy(history, session);
  requireUnfinished(history, session);
  const setting = await deps.setting(opened.subject.environment);
  const procedure = await loadProcedure(opened);
  requireSame('The procedure', { outline: opened.procedure.outline }, { outline: outline(procedure.steps) });
  requireSame('The configuration', opened.configuration, recordedConfiguration(setting));
  const ports = await (await deps.portsFor(setting))(procedure.needs);
  const actor = systemActor(setting.env);
  const subject = subjectOf(setting.settings);
  const audit = reopenAuditLog({
    directory: deps.auditDirectory,
    session,
    redactor: setting.terminal.redactor,
    envelope: { actor, service: subject.service, environment: subject.environment },
    clock: systemClock,
  });
  return conduct(setting, audit, {
    procedure,
    input: opened.input,
    ports,
    session,
    subject,
    history,
    opening: {
      type: 'session.resumed',
      session,
      actor,
      mode: setting.terminal.interactive ? 'interactive' : 'scripted',
      ...why(setting.globals),
      done: [...history.steps.values()].filter((step) => step.result === 'ok').map((step) => step.title),
    },
  });
};

const newestOpen = (directory: string, service: string): string => {
  const open = listSessions(directory).find((session) => session.unfinished && session.service === service);
  if (open) return open.session;
  throw new RunbookError('usage', `There is no interrupted session of ${service} to resume.`, {
    next: ['rb audit list'],
  });
};

const openedBy = (history: SessionState, session: string): SessionOpened => {
  if (history.opened) return history.opened;
  throw new RunbookError('usage', `Session ${session} has no beginning on record: nothing was done in it.`, {
    next: ['rb audit list'],
  });
};

const requireUnfinished = (history: SessionState, session: string): void => {
  if (isUnfinished(history)) return;
  throw new RunbookError(
    'usage',
    `Session ${session} has ended: ${history.outcome?.status}. There is nothing to resume.`,
    {
      next: [`rb audit show ${session}`, 'or run the command again'],
    },
  );
};

const loadProcedure = async (opened: SessionOpened) => {
  const load = procedures[opened.procedure.id];
  if (load) return load();
  throw new RunbookError('refused', `This version of rb has no procedure "${opened.procedure.id}".`, {
    next: [`resume it with ${opened.program}`],
  });
};

const requireSame = (what: string, then: JsonObject, now: JsonObject): void => {
  const lines = difference(then, now);
  if (lines.length === 0) return;
  throw new RunbookError(
    'refused',
    [
      `${what} has changed since the session began. Nothing was done. What changed:`,
      ...lines.map((line) => `  ${line}`),
    ].join('\n'),
    {
      next: ['undo the change and resume again, or run the command anew'],
    },
  );
};
