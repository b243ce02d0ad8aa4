import type { Cell, Table } from '../engine/finding.ts';
import { messageOf } from '../engine/errors.ts';
import { truncate } from './layout.ts';
import type { Live } from './live.ts';
import { clean } from './sanitise.ts';
import type { Terminal } from './sink.ts';
import { renderTable } from './table.ts';
import { command } from './text.ts';
import type { Text } from './text.ts';

/** What is under way: the steps that run and the table that the last of them reported. */
export interface Progress {
  /** Other steps run inside it. */
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

/** Drawn in place at a terminal; elsewhere as lines, and only what changed. `write`: where a line about the status goes. */
export const createProgress = (terminal: Terminal, write: (line: string) => void): Progress =>
  terminal.animated ? animated(terminal) : asLines(terminal, write);

const barWidth = 24;

const bar = (share: number): string => {
  const done = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return `[${'#'.repeat(done)}${'-'.repeat(barWidth - done)}] `;
};

const mostRowsKept = 500;

const linesOf = (terminal: Terminal, table: Table): readonly Text[] =>
  renderTable(table, { width: terminal.width, symbols: terminal.symbols, redactor: terminal.redactor, indent: 4 });

const asLines = (terminal: Terminal, write: (line: string) => void): Progress => {
  let before: Table | undefined;
  let tenths: number | undefined;
  /** All rows so far: columns only ever grow, so that rows which are printed one by one stand below each other. */
  let seen: Table['rows'] = [];
  return {
    group: () => undefined,
    // What only looks is worth a line when it has looked; a change is worth one before it begins.
    started: () => undefined,
    changing: (_step, what) => terminal.say([command(terminal.symbols.doing), ' ', clean(what)]),
    ended: () => undefined,
    table: (_step, table) => {
      const changed = changedRows(before, table);
      seen = [...table.rows, ...seen.slice(0, mostRowsKept)];
      const [header, ...all] = linesOf(terminal, { columns: table.columns, rows: seen });
      const rows = all.slice(0, table.rows.length);
      if (!before && header !== undefined) terminal.say(header);
      for (const [index, line] of rows.entries()) if (changed.has(index)) terminal.say(line);
      before = table;
    },
    status: (_step, text, share) => {
      const reached = share === undefined ? undefined : Math.floor(share * 10);
      if (reached !== undefined && reached === tenths) return;
      tenths = reached;
      write(clean(text));
    },
    close: () => undefined,
  };
};

const animated = (terminal: Terminal): Progress => {
  /** What to show of each running step; groups have nothing of their own to show. */
  const running = new Map<string, string | undefined>();
  /** Beneath the title of a step. */
  const statuses = new Map<string, string>();
  let table: Table | undefined;
  let tableOf = '';
  let focus = 0;
  let live: Live | undefined;
  let closed = false;

  const draw = () => {
    const fitting = (text: string) => truncate(clean(text), terminal.width - 2, terminal.symbols.ellipsis);
    const steps = [...running].flatMap(([step, what]): readonly Text[] => {
      if (what === undefined) return [];
      const status = statuses.get(step);
      const title: Text = [command(terminal.symbols.doing), ' ', fitting(what)];
      return status === undefined ? [title] : [title, ['  ', fitting(status)]];
    });
    live?.draw([...(table ? linesOf(terminal, table) : []), ...steps], table ? focus : 0);
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

  const set = (step: string, what: string | undefined) => {
    running.set(step, what);
    draw();
  };
  return {
    group: (step) => set(step, undefined),
    started: set,
    changing: set,
    ended: (step) => {
      running.delete(step);
      statuses.delete(step);
      // The instances of a group stay in sight until its last one is done; then the table becomes part of the record above.
      const inGroup = [...running.keys()].some((other) => step.startsWith(`${other}/`));
      if (table && !inGroup && (tableOf === step || tableOf.startsWith(`${step}/`))) {
        const last = linesOf(terminal, table);
        table = undefined;
        draw();
        for (const line of last) terminal.say(line);
      } else draw();
    },
    table: (step, next) => {
      const [first] = changedRows(table, next);
      if (first !== undefined) focus = first + 1;
      table = next;
      tableOf = step;
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
