import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectEnvironment } from '../../src/config/environment.ts';
import { loadConfig } from '../config/rig.ts';
import type { GivenAnswers, Prompts } from '../../src/engine/plan/confirmation.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event, EventType } from '../../src/engine/session/events.ts';
import type { AnyFinding } from '../../src/engine/finding.ts';
import type { Json } from '../../src/engine/json.ts';
import { createOperator } from '../../src/engine/session/operator.ts';
import { outline } from '../../src/engine/procedure/outline.ts';
import type { Procedure } from '../../src/engine/procedure/procedure.ts';
import { treeOf } from '../../src/engine/procedure/tree.ts';
import { runSession } from '../../src/engine/session/session.ts';
import type { SessionEnd } from '../../src/engine/session/session-outcome.ts';
import { sessionFrom } from '../../src/engine/session/session-state.ts';
import { createStop } from '../../src/engine/session/stop.ts';
import type { Workload } from '../../src/providers/workload/port.ts';
import type { PortName, Ports } from '../../src/sections/ports.ts';
import type { Settings } from '../../src/sections/settings.ts';
import { fakeClock, recorder, subject } from '../engine/rig.ts';
import { planRecord } from '../engine/plan-record.ts';

export interface Run {
  readonly end: SessionEnd;
  readonly events: readonly Event[];
  readonly of: <Type extends EventType>(type: Type) => readonly Extract<Event, { type: Type }>[];
  /** What a step has found. */
  readonly found: (step: string) => AnyFinding | undefined;
}

export interface Options {
  readonly flags?: Partial<GivenAnswers>;
  readonly prompts?: Prompts;
  readonly dryRun?: boolean;
  /** The events of a session that was cut off, to go on with. */
  readonly history?: readonly Event[];
  /** How much later than the first run it begins. */
  readonly laterMs?: number;
  /** Lines of the environment in runbook.config.yaml. */
  readonly settings?: string;
  /** Ports other than the workload; what is not given is not configured. */
  readonly ports?: Partial<Ports>;
}

/** Runs a procedure against a workload, as `rb` would, on a clock that passes when something sleeps. */
export const runOn = async <Input extends Json, Result extends Json, Need extends PortName>(
  procedure: Procedure<Input, Result, Need>,
  workload: Workload | undefined,
  input: Input,
  options: Options = {},
): Promise<Run> => {
  const clock = fakeClock();
  clock.advance(options.laterMs ?? 0);
  const log = recorder(clock);
  const ports: Partial<Record<string, unknown>> = {
    workload,
    ...(options.ports?.settings ? {} : { settings: settingsFrom(options.settings ?? '') }),
    ...options.ports,
  };
  const actor = { uid: 1000, login: 'ann', host: 'laptop' };
  const tree = treeOf(procedure);
  const { id, section, title, does } = tree;
  const end = await runSession({
    procedure: tree,
    input,
    ports: {
      has: (name) => ports[name] !== undefined,
      open: async (name) => {
        if (ports[name] === undefined) throw new RunbookError('usage', `no ${name} is configured`);
        return ports[name];
      },
    },
    session: 's1',
    subject,
    configuration: {},
    operator: createOperator(
      { yes: options.prompts === undefined, answers: new Map(), ...options.flags },
      options.prompts,
    ),
    emit: log.emit,
    requireRecord: () => undefined,
    redact: (value) => value,
    clock,
    stop: createStop(),
    dryRun: options.dryRun ?? false,
    plans: async () => planRecord(),
    opening: options.history
      ? { type: 'session.resumed', session: 's1', actor, mode: 'interactive', done: [] }
      : {
          type: 'session.opened',
          session: 's1',
          program: 'rb 0',
          procedure: { id, section, title, does, outline: outline(tree) },
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
  const found = (step: string) => of('step.result').findLast((event) => event.step === step)?.finding;
  return { end, events: log.events, of, found };
};

/** The events up to and with the first of a kind: what a session leaves that is killed there. */
export const cutAfter = ({ events }: Run, type: EventType): readonly Event[] =>
  events.slice(0, events.findIndex((event) => event.type === type) + 1);

export const settingsFrom = (lines: string): Settings => {
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
