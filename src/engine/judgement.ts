import { worst } from './finding.ts';
import type { Cell, Column, Seen, Table, Verdict } from './finding.ts';

/** Why something is not ok: its own words after its name, and what may be done about exactly this. */
export interface Cause {
  readonly verdict: Exclude<Verdict, 'ok'>;
  /** In words, as they follow the name: `45 000 dead rows, autovacuum begins at 10 000`. Never empty. */
  readonly why: string;
  /** Commands and statements worth typing; shown, never executed. */
  readonly next: readonly string[];
}

/** What a judge says of one row. */
export type Judgement = { readonly verdict: 'ok' } | Cause;

export const ok: Judgement = { verdict: 'ok' };
export const warn = (why: string, ...next: readonly string[]): Cause => ({ verdict: 'warn', why, next });
export const critical = (why: string, ...next: readonly string[]): Cause => ({ verdict: 'critical', why, next });
/** It cannot be seen whether it is ok. */
export const unknown = (why: string, ...next: readonly string[]): Cause => ({ verdict: 'unknown', why, next });

/** All that is wrong with one thing, the worst first; ok where nothing is. `false` stands for what is not the case. */
export const judgement = (...causes: readonly (Judgement | false)[]): Judgement => {
  const wrong = causes
    .filter((cause): cause is Cause => cause !== false && cause.verdict !== 'ok')
    .toSorted(worstFirst);
  const [first] = wrong;
  if (first === undefined) return ok;
  return {
    verdict: first.verdict,
    why: unique(wrong.map(({ why }) => why)).join(', '),
    next: unique(wrong.flatMap(({ next }) => next)),
  };
};

/** One thing that was looked at. */
export interface JudgedRow {
  /** As the sentence calls it: `slot standby_1`, `pid 4711 (app, web)`. */
  readonly name: string;
  readonly cells: readonly Cell[];
  /** Which of the cells shows the judgement, from 0: the first one where it is not said. */
  readonly marks?: number;
  readonly judgement: Judgement;
  /** What belongs below it and stays there: judged as well, and named by its own name. */
  readonly under?: readonly JudgedRow[];
}

/** What was to be looked at and could not be seen: a part of the look, so many sessions. */
export interface Unseen {
  /** `3 sessions`, `the replication slots`. */
  readonly what: string;
  readonly why: string;
  readonly next?: readonly string[];
}

export interface Looked {
  /** What was looked at, with its numbers. True whatever was found, and said in any case. */
  readonly about: string;
  /** Said only where everything is ok: `all caught up`. */
  readonly allOk?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly JudgedRow[];
  readonly unseen?: readonly Unseen[];
  /** How many rows are shown. What is not ok is shown beyond it. */
  readonly limit?: number;
}

/** What is made from judged rows: everything of a finding but its data. */
export type Judged = Required<Seen>;

/**
 * The one way from judged rows to a verdict, a sentence, the evidence and what to do next, so that they cannot contradict each other.
 *
 * - The verdict is the worst of all rows; what could not be seen is a row of its own, and unknown.
 * - The sentence begins with the worst and names all that is not ok, with the reason: rows with the same reason together, the first three of
 *   them by name and the others counted, and after three reasons how many rows have others ("and 4 more"). What could not be seen is always
 *   named: nothing else tells that it is missing.
 * - The worst rows come first, in their order otherwise. `limit` cuts only rows that are ok, and the sentence says how many.
 * - `next` has what the reasons give, those of the worst first, each line once.
 */
export const judged = ({ about, allOk, columns, rows, unseen = [], limit }: Looked): Judged => {
  const all: readonly Row[] = [...rows, ...unseen.map((one) => unseenRow(one, columns))];
  const sorted = all.toSorted((one, other) => severity(worstIn(other)) - severity(worstIn(one)));
  const wrong = sorted.flatMap(flat).flatMap(named).toSorted(worstFirst);
  const shown = withinLimit(sorted, limit);
  const hidden = sorted.slice(shown.length).flatMap(flat).length;
  return {
    verdict: worst(wrong.map(({ verdict }) => verdict)),
    summary: [
      ...sentence(wrong),
      about,
      ...(wrong.length === 0 && allOk !== undefined ? [allOk] : []),
      ...(hidden > 0 ? [`${hidden} more ${hidden === 1 ? 'row is' : 'rows are'} ok and not shown`] : []),
    ].join('; '),
    evidence: { columns, rows: shown.flatMap(flat).map(cellsOf) },
    next: unique(wrong.flatMap(({ next }) => next)).slice(0, mostNext),
  };
};

/** A table is longer than a sentence, and advice for everything is advice for nothing. */
const mostNames = 3;
const mostReasons = 3;
const mostNext = 6;

/** `unseen`: what could not be seen, where that is what the row says. */
type Row = JudgedRow & { readonly unseen?: string };
type Named = Cause & Pick<Row, 'name' | 'unseen'>;

const order: readonly Verdict[] = ['ok', 'unknown', 'warn', 'critical'];
const severity = (verdict: Verdict): number => order.indexOf(verdict);
const worstFirst = (one: Cause, other: Cause): number => severity(other.verdict) - severity(one.verdict);

const flat = (row: Row): readonly Row[] => [row, ...(row.under ?? []).flatMap(flat)];

const worstIn = (row: JudgedRow): Verdict => worst(flat(row).map((one) => one.judgement.verdict));

const named = ({ name, unseen, judgement: { verdict, ...cause } }: Row): readonly Named[] =>
  verdict !== 'ok' && 'why' in cause ? [{ name, verdict, ...cause, ...(unseen === undefined ? {} : { unseen }) }] : [];

const sentence = (wrong: readonly Named[]): readonly string[] => {
  const isUnseen = ({ unseen }: Named) => unseen !== undefined;
  const reasons = [...Map.groupBy(wrong, (one) => `${isUnseen(one)} ${one.verdict} ${one.why}`).values()];
  const others = reasons.slice(mostReasons).flat();
  const hidden = others.flatMap(({ unseen = [] }) => unseen);
  const cannotSee = hidden.length > 0 ? ` (cannot see ${hidden.join(', ')})` : '';
  return [
    ...reasons.slice(0, mostReasons).map(reason),
    ...(others.length > 0 ? [`and ${others.length} more${cannotSee}`] : []),
  ];
};

/** `a, b, c and 4 more: never used`. */
const reason = (those: readonly Named[]): string => {
  const unseen = those.flatMap(({ unseen: what = [] }) => what);
  if (unseen.length > 0) return `cannot see ${unseen.join(', ')}: ${those[0]?.why}`;
  const names = those.slice(0, mostNames).map(({ name }) => name);
  const more = those.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}: ${those[0]?.why}`;
};

/** The rows are sorted: what is not ok stands before what is. */
const withinLimit = (sorted: readonly Row[], limit = Number.POSITIVE_INFINITY): readonly Row[] =>
  sorted.filter((row, index) => index < limit || worstIn(row) !== 'ok');

const cellsOf = ({ cells, marks = 0, judgement: { verdict } }: JudgedRow): readonly Cell[] =>
  verdict === 'ok' ? cells : cells.map((cell, index) => (index === marks ? { text: textOf(cell), verdict } : cell));

const textOf = (cell: Cell): string => {
  if (cell === null) return '-';
  return typeof cell === 'object' ? cell.text : String(cell);
};

/** It stands where there is most room for it. */
const unseenRow = ({ what, why, next = [] }: Unseen, columns: readonly Column[]): Row => {
  const name = `cannot see ${what}`;
  const marks = Math.max(
    0,
    columns.findIndex(({ narrows }) => narrows),
  );
  return {
    name,
    unseen: what,
    cells: columns.map((_, index) => (index === marks ? `${name}: ${why}` : null)),
    marks,
    judgement: unknown(why, ...next),
  };
};

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const isOk = (row: readonly Cell[]): boolean =>
  row.every((cell) => cell === null || typeof cell !== 'object' || cell.verdict === 'ok');

/** A table whose rows were not judged here (a platform's own view), shortened without losing what is marked as not ok. */
export const shortened = (
  { columns, rows }: Table,
  most: number,
): { readonly table: Table; readonly hidden: number } => {
  let room = Math.max(0, most - rows.filter((row) => !isOk(row)).length);
  const kept = rows.filter((row) => !isOk(row) || room-- > 0);
  return { table: { columns, rows: kept }, hidden: rows.length - kept.length };
};
