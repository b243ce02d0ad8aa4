import { openAuditLog } from '../audit/file.ts';
import type { AuditLog } from '../audit/port.ts';
import { newSessionId } from '../audit/session-id.ts';
import { withoutSecrets } from '../config/show.ts';
import { createEmitter } from '../engine/emitter.ts';
import { RunbookError } from '../engine/errors.ts';
import type { Event, Subject } from '../engine/events.ts';
import type { JsonObject } from '../engine/json.ts';
import { createOperator } from '../engine/operator.ts';
import { changesSomething, outline } from '../engine/procedure.ts';
import type { Procedure } from '../engine/procedure.ts';
import { runSession } from '../engine/session.ts';
import type { SessionOptions } from '../engine/session.ts';
import { createStop } from '../engine/stop.ts';
import type { PortName, Ports } from '../sections/ports.ts';
import type { Settings } from '../sections/settings.ts';
import type { Terminal } from '../terminal/sink.ts';
import { multiline } from '../terminal/text.ts';
import { exitCodes } from './exit-codes.ts';
import type { Globals } from './globals.ts';
import { stopOnSignals } from './signals.ts';
import { systemActor, systemClock } from './system.ts';

/** What a session needs, whether it is new or resumed. */
export interface SessionSetting {
  readonly globals: Globals;
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly auditDirectory: string;
  readonly version: string;
}

/** Runs a procedure as a session of its own. Returns the exit code. */
export const runNewSession = async <Input, Need extends PortName>(
  setting: SessionSetting,
  procedure: Procedure<Input, Pick<Ports, Need>>,
  input: Input,
  ports: Pick<Ports, Need>,
): Promise<number> => {
  const { globals, settings, terminal } = setting;
  const session = newSessionId(systemClock.now(), Math.random);
  const actor = systemActor(setting.env);
  const subject = subjectOf(settings);
  const recorded = changesSomething(procedure.steps) && !globals.dryRun;
  const audit = recorded
    ? openAuditLog({
        directory: setting.auditDirectory,
        session,
        redactor: terminal.redactor,
        envelope: { actor, service: subject.service, environment: subject.environment },
        clock: systemClock,
      })
    : undefined;
  return conduct(setting, audit, {
    procedure,
    input,
    ports,
    session,
    subject,
    opening: {
      type: 'session.opened',
      session,
      program: `rb ${setting.version}`,
      procedure: {
        id: procedure.id,
        section: procedure.section,
        title: procedure.title,
        outline: outline(procedure.steps),
      },
      input: input as JsonObject,
      subject,
      actor,
      mode: terminal.interactive ? 'interactive' : 'scripted',
      ...why(globals),
      configuration: recorded ? recordedConfiguration(setting) : {},
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

/** What a resumed session compares: the environment as it is written, secrets as references. */
export const recordedConfiguration = ({
  settings,
  terminal,
}: Pick<SessionSetting, 'settings' | 'terminal'>): JsonObject => {
  const { service, environments } = withoutSecrets(settings.config) as {
    service: { name: string };
    environments: JsonObject;
  };
  return terminal.redactor.redactJson({ service: service.name, environment: environments[settings.name] ?? {} });
};

type Conducted<Input, P> = Pick<
  SessionOptions<Input, P>,
  'procedure' | 'input' | 'ports' | 'session' | 'subject' | 'opening' | 'history'
>;

/** The one place where a session meets the terminal, the signals and the audit log. Returns the exit code. */
export const conduct = async <Input, P>(
  setting: SessionSetting,
  audit: AuditLog | undefined,
  what: Conducted<Input, P>,
): Promise<number> => {
  const { globals, terminal } = setting;
  const stop = createStop();
  const reader = await readerFor(setting);
  const change = trackChange();
  const readers = [
    ...(audit ? [recordIn(audit)] : []),
    change.on,
    (event: Event) => reader.on(event),
    // What was told is in the file by then; nobody waits for the disk to hear of it.
    ...(audit ? [() => audit.flush()] : []),
  ];
  const release = stopOnSignals(stop, { say: (text) => terminal.alert(text), changing: change.underWay });
  const timer = startTimeout(globals.timeout, (reason) => stop.abort(reason));
  try {
    const { outcome, error } = await runSession({
      ...what,
      clock: systemClock,
      stop,
      dryRun: globals.dryRun,
      emit: createEmitter(systemClock, readers),
      operator: createOperator(globals, await promptsFor(terminal, stop.soft)),
      ...(globals.plan === undefined ? {} : { plan: globals.plan }),
    });
    // The audit log reads first: where it failed, the others have not heard of the end.
    if (outcome.status === 'unrecorded')
      createEmitter(systemClock, [(event) => reader.on(event)])({ type: 'session.closed', outcome });
    reader.close();
    if (error !== undefined && !(error instanceof RunbookError) && globals.verbose && error instanceof Error)
      terminal.alert(multiline(error.stack ?? ''));
    return exitCodes[outcome.status];
  } finally {
    clearTimeout(timer);
    release();
    audit?.close();
  }
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
  (audit: AuditLog) =>
  (event: Event): void => {
    if (event.type !== 'step.progress' || event.note !== undefined) audit.append(event);
  };

const readerFor = async ({ globals, terminal }: SessionSetting): Promise<{ on(event: Event): void; close(): void }> => {
  if (globals.output === 'text') {
    const { createView } = await import('../terminal/view.ts');
    return createView(terminal, { verbose: globals.verbose, dryRun: globals.dryRun });
  }
  const { createJsonReader, createNdjsonReader } = await import('../terminal/machine.ts');
  return globals.output === 'json' ? createJsonReader(terminal) : createNdjsonReader(terminal);
};

const promptsFor = async (terminal: Terminal, signal: AbortSignal) => {
  if (!terminal.interactive) return undefined;
  const { createPrompts } = await import('../terminal/prompts.ts');
  return createPrompts(terminal, { signal });
};

const startTimeout = (
  timeout: Globals['timeout'],
  expire: (reason: RunbookError) => void,
): NodeJS.Timeout | undefined =>
  timeout &&
  setTimeout(() => expire(new RunbookError('failed', `Gave up after ${timeout.text} (--timeout).`)), timeout.ms);
