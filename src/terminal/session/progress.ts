import type { Cell, Table } from '../../engine/finding.ts';
import { messageOf } from '../../engine/errors.ts';
import { truncate } from '../layout.ts';
import type { Live } from './live.ts';
import { clean } from '../sanitise.ts';
import type { Terminal } from '../sink.ts';
import { renderTable } from '../table.ts';
import { command } from '../text.ts';
import type { Text } from '../text.ts';

/** What is under way: the steps that run and the table that the last of them reported. */
export interface Progress {
  /** Its items run one after another, and share a table. */
  group(step: string): void;
  started(step: string, title: string): void;
  /** The change of a step that has started is being made now. */
  changing(step: string, what: string): void;
  ended(step: string): void;
  table(step: string, table: Table): void;
  /** How far the step is, and of it what share is done, 0 to 1. */
  status(step: string, text: string, share?: number): void;
  close(): void;
}

export interface ProgressOptions {
  /** Where a line about the status goes. */
  readonly write: (line: string) => void;
  /** What stands before the lines of a step: it may be in a call. */
  readonly marginOf: (step: string) => string;
}

/** Drawn in place at a terminal; elsewhere as lines, and only what changed. */
export const createProgress = (terminal: Terminal, options: ProgressOptions): Progress =>
  terminal.animated ? animated(terminal, options) : asLines(terminal, options);

const barWidth = 24;

const bar = (share: number): string => {
  const done = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return `[${'#'.repeat(done)}${'-'.repeat(barWidth - done)}] `;
};

const mostRowsKept = 500;

const linesOf = ({ width, symbols, redactor }: Terminal, table: Table, margin: string): readonly Text[] =>
  renderTable(table, { width, symbols, redactor, indent: 4 + margin.length });

const asLines = (terminal: Terminal, { write, marginOf }: ProgressOptions): Progress => {
  let before: Table | undefined;
  let tenths: number | undefined;
  /** All rows so far: columns only ever grow, so that rows which are printed one by one stand below each other. */
  let seen: Table['rows'] = [];
  return {
    group: () => undefined,
    // What only looks is worth a line when it has looked; a change is worth one before it begins.
    started: () => undefined,
    changing: (step, what) => terminal.say([marginOf(step), command(terminal.symbols.doing), ' ', clean(what)]),
    ended: () => undefined,
    table: (step, table) => {
      const changed = changedRows(before, table);
      seen = [...table.rows, ...seen.slice(0, mostRowsKept)];
      const [header, ...all] = linesOf(terminal, { columns: table.columns, rows: seen }, marginOf(step));
      const rows = all.slice(0, table.rows.length);
      if (!before && header !== undefined) terminal.say(header);
      for (const [index, line] of rows.entries()) if (changed.has(index)) terminal.say(line);
      before = table;
    },
    status: (step, text, share) => {
      const reached = share === undefined ? undefined : Math.floor(share * 10);
      if (reached !== undefined && reached === tenths) return;
      tenths = reached;
      write(marginOf(step) + clean(text));
    },
    close: () => undefined,
  };
};

const animated = (terminal: Terminal, { marginOf }: ProgressOptions): Progress => {
  const running = new Map<string, string>();
  const groups = new Set<string>();
  /** Beneath the title of a step. */
  const statuses = new Map<string, string>();
  let table: { readonly of: string; readonly content: Table } | undefined;
  let focus = 0;
  let live: Live | undefined;
  let closed = false;

  const tableLines = () => (table ? linesOf(terminal, table.content, marginOf(table.of)) : []);
  const draw = () => {
    const steps = [...running].flatMap(([step, what]): readonly Text[] => {
      const margin = marginOf(step);
      const fitting = (text: string) =>
        truncate(clean(text), terminal.width - 2 - margin.length, terminal.symbols.ellipsis);
      const status = statuses.get(step);
      const title: Text = [margin, command(terminal.symbols.doing), ' ', fitting(what)];
      return status === undefined ? [title] : [title, [margin, '  ', fitting(status)]];
    });
    live?.draw([...tableLines(), ...steps], table ? focus : 0);
  };
  // Loaded beside the first step, so that the first line need not wait for it.
  import('./live.ts').then(
    ({ openLive }) => {
      if (closed) return;
      live = openLive(terminal);
      draw();
    },
    (error: unknown) => terminal.alert(`no live view: ${messageOf(error)}`),
  );

  const set = (step: string, what: string) => {
    running.set(step, what);
    draw();
  };
  /** A group with its items and what takes them back; else the step itself. */
  const holds = (holder: string, step: string) =>
    groups.has(holder) ? step === holder || step.startsWith(`${holder}/`) : step === holder;
  return {
    group: (step) => void groups.add(step),
    started: set,
    changing: set,
    ended: (step) => {
      running.delete(step);
      statuses.delete(step);
      // The instances of a group stay in sight until its last one is done; then the table becomes part of the record above.
      const of = table?.of;
      const stays =
        of === undefined || !holds(step, of) || [...groups].some((group) => group !== step && holds(group, of));
      groups.delete(step);
      const last = stays ? [] : tableLines();
      if (!stays) table = undefined;
      draw();
      for (const line of last) terminal.say(line);
    },
    table: (step, next) => {
      const [first] = changedRows(table?.content, next);
      if (first !== undefined) focus = first + 1;
      table = { of: step, content: next };
      draw();
    },
    status: (step, text, share) => {
      statuses.set(step, `${share === undefined ? '' : bar(share)}${text}`);
      draw();
    },
    close: () => {
      closed = true;
      live?.close();
    },
  };
};

/** Indexes of the rows that are new or different; a row is known by its first cell. */
const changedRows = (before: Table | undefined, after: Table): ReadonlySet<number> => {
  const known = new Map(before?.rows.map((row) => [keyOf(row), JSON.stringify(row)]));
  const changed = after.rows.flatMap((row, index) => (known.get(keyOf(row)) === JSON.stringify(row) ? [] : [index]));
  return new Set(changed);
};

const keyOf = (row: readonly Cell[]): string => JSON.stringify(row[0] ?? null);
