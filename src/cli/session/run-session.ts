import { openAuditLog } from '../../audit/record/file.ts';
import { openLate } from '../../audit/record/late.ts';
import type { LateAuditLog } from '../../audit/record/late.ts';
import { newSessionId } from '../../audit/session-id.ts';
import { realPathOf } from '../../files/real-path.ts';
import { withoutSecrets } from '../../config/show.ts';
import { createEmitter } from '../../engine/session/emitter.ts';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { Event } from '../../engine/session/events.ts';
import type { Subject } from '../../engine/session/subject.ts';
import { isObject } from '../../engine/json.ts';
import type { Json, JsonObject } from '../../engine/json.ts';
import { createOperator } from '../../engine/session/operator.ts';
import type { PlanFile } from '../../engine/plan/plan-file.ts';
import type { Guard } from '../../engine/session/guard.ts';
import { redactingEvents } from '../../engine/session/redaction.ts';
import { outline } from '../../engine/procedure/outline.ts';
import type { AnyProcedure } from '../../engine/procedure/tree.ts';
import type { PortSource } from '../../engine/run/ports.ts';
import { runSession } from '../../engine/session/session.ts';
import type { SessionOptions } from '../../engine/session/session.ts';
import { createStop } from '../../engine/session/stop.ts';
import type { Settings } from '../../sections/settings.ts';
import type { Terminal } from '../../terminal/sink.ts';
import { multiline } from '../../terminal/text.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Globals } from '../globals.ts';
import { guardsFor } from './guards.ts';
import type { SessionSetting } from './setting.ts';
import { stopOnSignals } from './signals.ts';
import { systemActor } from '../system.ts';

/** Runs a procedure as a session of its own. Returns the exit code. */
export const runNewSession = async (
  setting: SessionSetting,
  procedure: AnyProcedure,
  input: Json,
  ports: PortSource,
): Promise<number> => {
  const { globals, settings, terminal } = setting;
  const session = newSessionId(setting.clock.now(), Math.random);
  const actor = systemActor(setting.env);
  const subject = subjectOf(settings);
  const { id, section, title, does } = procedure;
  // What only reads, and what a dry run planned, leaves no record.
  const audit =
    does === 'changes' && !globals.dryRun
      ? openLate(() =>
          openAuditLog({
            directory: setting.auditDirectory,
            session,
            envelope: { actor, service: subject.service, environment: subject.environment },
            clock: setting.clock,
          }),
        )
      : undefined;
  const configuration = does === 'changes' ? recordedConfiguration(setting) : {};
  return conduct(setting, audit, {
    procedure,
    input,
    ports,
    session,
    subject,
    configuration,
    opening: {
      type: 'session.opened',
      session,
      program: `rb ${setting.version}`,
      procedure: { id, section, title, does, outline: outline(procedure) },
      input,
      subject,
      actor,
      mode: terminal.interactive ? 'interactive' : 'scripted',
      ...why(globals),
      configuration,
    },
  });
};

export const subjectOf = (settings: Settings): Subject => ({
  service: settings.config.service.name,
  environment: settings.name,
  protected: settings.environment.protected,
});

export const why = (globals: Globals) => ({
  ...(globals.reason === undefined ? {} : { reason: globals.reason }),
  ...(globals.ticket === undefined ? {} : { ticket: globals.ticket }),
});

/**
 * What a resumed session and a plan compare: the environment as it is written, secrets as references, and where it is written, because
 * what a relative path in it means depends on that.
 */
export const recordedConfiguration = ({
  loaded,
  settings,
  terminal,
}: Pick<SessionSetting, 'loaded' | 'settings' | 'terminal'>): JsonObject => {
  const { environments } = withoutSecrets(loaded);
  const environment = (isObject(environments) ? environments[settings.name] : undefined) ?? {};
  return terminal.redactor.redactJson({
    path: realPathOf(loaded.path),
    service: settings.config.service.name,
    environment,
  });
};

type Conducted = Pick<
  SessionOptions,
  'procedure' | 'input' | 'ports' | 'session' | 'subject' | 'configuration' | 'opening' | 'history'
>;

/** The one place where a session meets the terminal, the signals and the audit log. Returns the exit code. */
export const conduct = async (
  setting: SessionSetting,
  audit: LateAuditLog | undefined,
  what: Conducted,
): Promise<number> => {
  const { globals, terminal } = setting;
  const plan = globals.plan === undefined ? undefined : await planNamed(globals.plan);
  const stop = createStop();
  const reader = await readerFor(setting);
  const change = trackChange();
  let ended = false;
  const readers = [
    ...(audit ? [recordIn(audit)] : []),
    change.on,
    (event: Event) => {
      ended ||= event.type === 'session.closed';
      reader.on(event);
    },
    // What is shown is in the file already; nothing waits for the disk before it is shown.
    ...(audit ? [() => audit.flush()] : []),
  ];
  const release = stopOnSignals(stop, { say: (text) => terminal.alert(text), changing: change.underWay });
  const unexplain = setting.faults.explain((error) => (change.underWay() ? unsettled(what.session, error) : error));
  const timer = startTimeout(globals.timeout, (reason) => stop.abort(reason));
  const redact = redactingEvents(terminal.redactor, { recorded: what.procedure.does === 'changes' });
  const guards: Guard[] = [];
  try {
    guards.push(...(await guardsFor(setting, what)));
    const { outcome, error } = await runSession({
      ...what,
      clock: setting.clock,
      stop,
      guards,
      dryRun: globals.dryRun,
      emit: createEmitter(setting.clock, readers, redact),
      requireRecord: () => audit?.require(),
      operator: createOperator(globals, await promptsFor(terminal, stop.soft)),
      redact: (value) => terminal.redactor.redactJson(value),
      plans: async () => (await import('../../audit/plan-record.ts')).openPlanRecord(setting),
      ...(plan === undefined ? {} : { plan }),
    });
    // The audit log reads first: where it failed, the others have not seen the end.
    if (!ended)
      createEmitter(setting.clock, [(event) => reader.on(event)], redact)({ type: 'session.closed', outcome });
    const unrecorded = audit?.finish();
    reader.close();
    if (unrecorded !== undefined) terminal.alert(`Not recorded: ${unrecorded}`);
    if (error !== undefined && !(error instanceof RunbookError) && globals.verbose && error instanceof Error)
      terminal.alert(multiline(error.stack ?? ''));
    return exitCodes[outcome.status];
  } finally {
    clearTimeout(timer);
    release();
    unexplain();
    audit?.close();
    // oxlint-disable-next-line no-await-in-loop -- in reverse
    for (const guard of guards.toReversed()) await guard.release();
  }
};

/** The process ends between an intent and its result. */
const unsettled = (session: string, cause: unknown): RunbookError =>
  new RunbookError(
    'unknown',
    `Internal error (a bug in rb): ${messageOf(cause)}. It is not known whether the change under way was done.`,
    { next: [`rb resume ${session}`], cause },
  );

const planNamed = async (given: string): Promise<string | PlanFile> => {
  const { givenPlan } = await import('./plan-file.ts');
  return givenPlan(given);
};

/** Whether a change is under way: between an intent and its result. */
const trackChange = () => {
  let step: string | undefined;
  return {
    on: (event: Event): void => {
      if (event.type === 'step.intent') step = event.step;
      if (event.type === 'step.result' && event.step === step) step = undefined;
    },
    underWay: () => step !== undefined,
  };
};

/** The audit log keeps what was said about progress, not every frame of the live view. */
const recordIn =
  (audit: LateAuditLog) =>
  (event: Event): void => {
    if (event.type !== 'step.progress' || event.note !== undefined) audit.append(event);
  };

const readerFor = async ({ globals, terminal }: SessionSetting): Promise<{ on(event: Event): void; close(): void }> => {
  if (globals.output === 'text') {
    const { createView } = await import('../../terminal/session/view.ts');
    return createView(terminal, { verbose: globals.verbose, dryRun: globals.dryRun });
  }
  const { createJsonReader, createNdjsonReader } = await import('../../terminal/session/machine.ts');
  return globals.output === 'json' ? createJsonReader(terminal) : createNdjsonReader(terminal);
};

const promptsFor = async (terminal: Terminal, signal: AbortSignal) => {
  if (!terminal.interactive) return undefined;
  const { createPrompts } = await import('../../terminal/asking/prompts.ts');
  return createPrompts(terminal, { signal });
};

const startTimeout = (
  timeout: Globals['timeout'],
  expire: (reason: RunbookError) => void,
): NodeJS.Timeout | undefined =>
  timeout &&
  setTimeout(() => expire(new RunbookError('failed', `Gave up after ${timeout.text} (--timeout).`)), timeout.ms);
