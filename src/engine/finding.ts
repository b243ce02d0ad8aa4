import type { Json } from './json.ts';

/** `unknown` means "cannot see" and is never shown as `ok`. */
export type Verdict = 'ok' | 'warn' | 'critical' | 'unknown';

export interface Seen {
  readonly verdict: Verdict;
  /** One sentence, without a full stop. */
  readonly summary: string;
  /** What the sentence rests on, for people. */
  readonly evidence?: Table;
  /** Commands and statements worth typing because of it; shown, never executed. */
  readonly next?: readonly string[];
}

/** What was seen, for people only: no later step can read it. Serialisable: it goes to the audit log as it is. */
export interface Finding extends Seen {
  readonly data?: never;
}

/**
 * A finding with declared data, which later steps, `-o json` and a resumed session read. Names are camelCase, durations are in the
 * unit that the name ends with (`latencyMs`).
 */
export interface DataFinding<Data extends Json> extends Seen {
  readonly data: Data;
}

/** A finding whose data, if it has any, is for programs. */
export type AnyFinding = Finding | DataFinding<Json>;

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Becomes narrower before the others do: a statement, a path. */
  readonly narrows?: true;
  /** Left out where there is no room for all columns; the last one first. */
  readonly extra?: true;
  /** It is typed or searched for elsewhere, a name: the other columns are cut before it. */
  readonly whole?: true;
}

/** `null` is shown as a dash. A cell with a verdict is coloured, and carries its mark where there is no colour. */
export type Cell = string | number | null | { readonly text: string; readonly verdict: Verdict };

const severity: Record<Verdict, number> = { ok: 0, unknown: 1, warn: 2, critical: 3 };

/** The most serious of several verdicts; `ok` for none. `unknown` outweighs `ok` and nothing else. */
export const worst = (verdicts: Iterable<Verdict>): Verdict => {
  let result: Verdict = 'ok';
  for (const verdict of verdicts) if (severity[verdict] > severity[result]) result = verdict;
  return result;
};
