import { sessionNamed } from '../../audit/read/find.ts';
import { readSessions } from '../../audit/read/list.ts';
import { newerIn } from '../../audit/read/read.ts';
import type { RecordedSession } from '../../audit/read/read.ts';
import { openLate } from '../../audit/record/late.ts';
import { damagedLog, reopenAuditLog } from '../../audit/read/reopen.ts';
import { difference } from '../../engine/plan/difference.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { SessionOpened } from '../../engine/session/events.ts';
import type { JsonObject } from '../../engine/json.ts';
import { outline } from '../../engine/procedure/outline.ts';
import { treeOf } from '../../engine/procedure/tree.ts';
import { restoredData } from '../../engine/run/data.ts';
import type { PortSource } from '../../engine/run/ports.ts';
import { isUnfinished } from '../../engine/session/session-state.ts';
import type { SessionState } from '../../engine/session/session-state.ts';
import { procedureWith } from '../../sections/catalogue.ts';
import { conduct, recordedConfiguration, subjectOf, why } from './run-session.ts';
import type { SessionSetting } from './setting.ts';
import { systemActor } from '../system.ts';

export interface ResumeDeps {
  readonly auditDirectory: string;
  /** Of the configuration. */
  readonly service: string;
  /** `--env`. */
  readonly environment: string | undefined;
  /** The environment that a command would work on: of all others, sessions are only resumed by their id. Errors: `usage`. */
  readonly selected: () => Promise<string>;
  readonly setting: (environment: string) => Promise<SessionSetting>;
  readonly portsFor: (setting: SessionSetting) => Promise<PortSource>;
}

/**
 * Goes on with a session that was cut off: what is done stays done, an intent without a result is settled by looking.
 * Returns the exit code. Errors: `usage` where there is nothing to resume, `refused` where the log is damaged or holds what this version
 * does not know, where its input is not what the procedure takes, where the session is of another service or environment than was named,
 * and where the procedure or the configuration is not what it was.
 */
export const resumeSession = async (wanted: string | undefined, deps: ResumeDeps): Promise<number> => {
  const recorded =
    wanted === undefined ? newestOpen(deps, await deps.selected()) : sessionNamed(deps.auditDirectory, wanted);
  const { session } = recorded;
  requireReadable(recorded);
  const history = recorded.state;
  const opened = openedBy(history, session);
  requireSubject(opened, deps);
  requireUnfinished(history, session);
  const setting = await deps.setting(opened.subject.environment);
  const procedure = await loadProcedure(opened);
  requireSame('The procedure', { outline: opened.procedure.outline }, { outline: outline(procedure) });
  requireSame('The configuration', opened.configuration, recordedConfiguration(setting));
  const input = restoredData(procedure.title, procedure.input, opened.input);
  const ports = await deps.portsFor(setting);
  const actor = systemActor(setting.env);
  const subject = subjectOf(setting.settings);
  const reopen = () =>
    reopenAuditLog({
      directory: deps.auditDirectory,
      session,
      envelope: { actor, service: subject.service, environment: subject.environment },
      clock: setting.clock,
      seen: recorded.head,
    });
  // A dry run leaves the session as it is.
  const log = setting.globals.dryRun ? undefined : openLate(reopen);
  log?.require();
  return conduct(setting, log, {
    procedure,
    input,
    ports,
    configuration: opened.configuration,
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

/** A damaged log may be the one that is meant: it is not passed over for an older one. */
const newestOpen = ({ auditDirectory, service }: ResumeDeps, environment: string): RecordedSession => {
  const others = new Set<string>();
  for (const recorded of readSessions(auditDirectory)) {
    const { state } = recorded;
    if (!isUnfinished(state)) continue;
    const of = state.opened?.subject;
    if (of ? of.service === service && of.environment === environment : recorded.problem) return recorded;
    if (of?.service === service) others.add(of.environment);
  }
  throw new RunbookError('usage', `There is no interrupted session of ${service}/${environment} to resume.`, {
    next: [...[...others].map((other) => `rb -e ${other} resume`), 'rb audit list'],
  });
};

/** The session is what the operator has named: `rb -e dev resume <id>` never goes on with one of another environment. */
const requireSubject = ({ session, subject }: SessionOpened, { service, environment }: ResumeDeps): void => {
  const wanted = { service, environment: environment ?? subject.environment };
  if (subject.service === wanted.service && subject.environment === wanted.environment) return;
  const named = `${subject.service}/${subject.environment}`;
  throw new RunbookError(
    'refused',
    `Session ${session} is about ${named}, not about ${wanted.service}/${wanted.environment}. Nothing was done.`,
    {
      next: [
        subject.service === service
          ? `rb -e ${subject.environment} resume ${session}`
          : `use the configuration of ${subject.service}: rb -c <file> resume ${session}`,
        'rb audit list',
      ],
    },
  );
};

/** Nothing is built on a log that does not hold all that was done. */
const requireReadable = (recorded: RecordedSession): void => {
  if (recorded.problem) throw damagedLog(recorded, recorded.problem);
  const newer = newerIn(recorded);
  if (newer === undefined) return;
  throw new RunbookError(
    'refused',
    `Session ${recorded.session} was ${newer}, so it cannot be resumed with this one.`,
    {
      next: ['resume it with the version that wrote it', `rb audit show ${recorded.session}`],
    },
  );
};

const openedBy = (history: SessionState, session: string): SessionOpened => {
  if (history.opened) return history.opened;
  throw new RunbookError('usage', `Session ${session} has no beginning on record: there is nothing to resume.`, {
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
  const { id } = opened.procedure;
  const procedure = await procedureWith(id);
  if (procedure) return treeOf(procedure);
  throw new RunbookError('refused', `This version of rb has no procedure "${id}".`, {
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
      next: ['undo the change and resume again, or run the command again'],
    },
  );
};
