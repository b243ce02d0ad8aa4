import type { Clock } from '../clock.ts';
import type { Subject } from '../session/subject.ts';
import type { AnyFinding, Table } from '../finding.ts';
import type { Json } from '../json.ts';
import type { Filled, Group, Step } from './step.ts';

/** What a step can see of the steps before it, in the same call of the same procedure. */
export interface Reads {
  /**
   * The data of a step. Errors: `refused` where there is none, because the step has not run or could not see. In a dry run, where only a
   * change, an answer or a watch would give it, the planning of this branch ends here and the plan says so.
   */
  readonly read: <Data extends Json>(step: Filled<Data>) => Data;
  /** The finding of a step; undefined where it has not run. */
  readonly seen: (step: Step) => AnyFinding | undefined;
  /** The items of a group in their order, each with its finding where it has one. */
  readonly items: (group: Group) => readonly { readonly id: string; readonly finding: AnyFinding | undefined }[];
}

export interface Progress {
  readonly note?: string;
  readonly table?: Table;
  /** How far it is: at a terminal in place of the one before, elsewhere a line of its own. Not recorded. */
  readonly status?: string;
  /** Of what is to be done, 0 to 1: drawn as a bar beside `status`; elsewhere every tenth is a line. */
  readonly share?: number;
}

/** What every step is given. */
export interface Context<Input, Ports> extends Reads {
  readonly input: Input;
  /** Each is a function that opens it, once a session: opening can fail, and then only the step that asked fails. */
  readonly ports: Ports;
  readonly subject: Subject;
  /** With `--plan`: the members that the changes of this session may touch (`Change.members`); undefined: any. A step leaves every other alone. */
  readonly approved: ReadonlySet<string> | undefined;
  readonly clock: Clock;
  /** `<session>/<n>`: marks what this step starts, in process environments and application names. The same after a resume. */
  readonly mark: string;
  /** Aborts when the step is to stop at once. */
  readonly signal: AbortSignal;
  /** Shows the operator and the audit log how far the step is. */
  readonly report: (progress: Progress) => void;
}

export type Given<Input, Ports, Result> = (context: Context<Input, Ports>) => Result | Promise<Result>;
