import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { GivenAnswers, Prompts } from '../../src/engine/confirmation.ts';
import type { Event, EventType } from '../../src/engine/events.ts';
import { createOperator } from '../../src/engine/operator.ts';
import { outline } from '../../src/engine/procedure.ts';
import type { Procedure } from '../../src/engine/procedure.ts';
import { runSession } from '../../src/engine/session.ts';
import type { SessionEnd } from '../../src/engine/session.ts';
import { sessionFrom } from '../../src/engine/session-state.ts';
import { createStop } from '../../src/engine/stop.ts';
import type { Workload } from '../../src/providers/workload/port.ts';
import type { PortName, Ports } from '../../src/sections/ports.ts';
import type { Settings } from '../../src/sections/settings.ts';
import { fakeClock, recorder, subject } from '../engine/rig.ts';

export interface Run {
  readonly end: SessionEnd;
  readonly events: readonly Event[];
  readonly of: <Type extends EventType>(type: Type) => readonly Extract<Event, { type: Type }>[];
}

export interface Options {
  readonly flags?: Partial<GivenAnswers>;
  readonly prompts?: Prompts;
  readonly dryRun?: boolean;
  /** The events of a session that was cut off, to go on with. */
  readonly history?: readonly Event[];
  /** Lines of the environment in runbook.config.yaml. */
  readonly settings?: string;
}

/** Runs a procedure against a workload, as `rb` would, on a clock that passes when something sleeps. */
export const runOn = async <Input, Need extends PortName>(
  procedure: Procedure<Input, Pick<Ports, Need>>,
  workload: Workload,
  input: Input,
  options: Options = {},
): Promise<Run> => {
  const clock = fakeClock();
  const log = recorder(clock);
  const ports = { workload, workloadIfAny: workload, logs: undefined, settings: settingsFrom(options.settings ?? '') };
  const actor = { uid: 1000, login: 'ann', host: 'laptop' };
  const { id, section, title, steps } = procedure;
  const end = await runSession({
    procedure,
    input,
    ports: ports as unknown as Pick<Ports, Need>,
    session: 's1',
    subject,
    operator: createOperator(
      { yes: options.prompts === undefined, answers: new Map(), ...options.flags },
      options.prompts,
    ),
    emit: log.emit,
    clock,
    stop: createStop(),
    dryRun: options.dryRun ?? false,
    opening: options.history
      ? { type: 'session.resumed', session: 's1', actor, mode: 'interactive', done: [] }
      : {
          type: 'session.opened',
          session: 's1',
          program: 'rb 0',
          procedure: { id, section, title, outline: outline(steps) },
          input: null,
          subject,
          actor,
          mode: 'interactive',
          configuration: {},
        },
    ...(options.history ? { history: sessionFrom(options.history) } : {}),
  });
  const of = <Type extends EventType>(type: Type) =>
    log.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
  return { end, events: log.events, of };
};

const settingsFrom = (lines: string): Settings => {
  const directory = mkdtempSync(join(tmpdir(), 'sections-test-'));
  try {
    const file = join(directory, 'runbook.config.yaml');
    writeFileSync(file, `version: 1\nservice: { name: shop }\nenvironments:\n  staging: { ${lines} }\n`);
    const loaded = loadConfig(file, { cwd: directory });
    return { config: loaded.config, ...selectEnvironment(loaded, undefined) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
