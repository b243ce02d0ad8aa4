import type { Command } from 'commander';
import type { LoadedConfig } from '../config/file/load.ts';
import type { Clock } from '../engine/clock.ts';
import type { AnyFinding } from '../engine/finding.ts';
import type { Json } from '../engine/json.ts';
import type { Described, Procedure } from '../engine/procedure/procedure.ts';
import type { PortName } from './ports.ts';
import type { Settings } from './settings.ts';

/** What the command files of the sections can do. They turn flags into input and call one of these. */
export interface Rb {
  /** Runs a procedure on the selected environment and sets the exit code. `input` is checked against the procedure's schema. */
  run<Input, Result extends Json, Need extends PortName>(
    procedure: Procedure<Input, Result, Need>,
    input: unknown,
  ): Promise<void>;
  /** Goes on with an interrupted session: the newest one where none is named. */
  resume(session?: string): Promise<void>;
  /** The configuration, loaded once. Errors: `usage` with every problem in it. */
  configuration(): Promise<LoadedConfig>;
  /** The configuration with the selected environment. */
  settings(): Promise<Settings>;
  /** Where the audit files are: also without a configuration. */
  auditDirectory(): Promise<string>;
  /** Shows what is on this machine: the sentence and the table, or the data with `-o json`. */
  show(finding: AnyFinding): Promise<void>;
  /** Shows a text of many lines as it is, or `data` with `-o json`. */
  document(text: string, data: unknown): Promise<void>;
  /** Writes a new file; returns its absolute path. Errors: `usage` where it is there already or cannot be written. */
  save(file: string, text: string): Promise<string>;
  /**
   * Shows what a configuration would run, resolve and contact, and asks whether to trust it; `file`: not the one that is found.
   * Errors: `usage` without a terminal, `refused` where it cannot be trusted, `declined`.
   */
  trust(file?: string): Promise<void>;
  /** Opens a page in the browser; where there is none, prints its address. Errors: those of a configuration that is not trusted. */
  open(url: string): Promise<void>;
  /** The exit code, where it is not 0 and nothing was thrown. */
  exit(code: number): void;
  readonly world: World;
}

/** What the process is surrounded by. */
export interface World {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the audit files are, unless the configuration says otherwise. */
  readonly audit: string;
  /** A directory of ours for what this build remembers; undefined where there is none. */
  readonly cache: string | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * A section of the runbook, as its `section.ts` describes it: plain data and what is loaded when it is needed, so that the menu, the help
 * and `rb resume` can read every section without loading what it does.
 */
export interface Section {
  /** Adds its commands with their summaries, arguments and options. */
  readonly register: (program: Command, rb: Rb) => void;
  /** What their help says besides; by command, as it is typed: `db running`. */
  readonly help?: () => Promise<Readonly<Record<string, Help>>>;
  readonly menu: readonly MenuLine[];
  /** Its procedures by their id, those that only read included. */
  readonly procedures: Readonly<Record<string, () => Promise<Described>>>;
}

export interface Help {
  readonly description?: string;
  readonly examples?: string;
}

/** A line of the menu of the runbook. */
export interface MenuLine {
  /** The number in the runbook: `2.1`; empty for what is not in it. */
  readonly section: string;
  readonly title: string;
  /** What to type to get there: `restart --rolling`. */
  readonly command: string;
  readonly summary: string;
}
