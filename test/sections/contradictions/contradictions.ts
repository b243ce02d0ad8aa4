import type { AnyFinding, Cell, Verdict } from '../../../src/engine/finding.ts';

/*
 * Whether what a look says contradicts itself. It knows nothing of how findings are made: it reads the sentence, the rows and their marks, the
 * advice and the exit code as an operator does.
 */

/** Something that is wrong in what the server answered, by a rule of its own. */
export interface Wrong {
  /** One of these stands in a marked row: a name, a process id. */
  readonly tokens: readonly string[];
  /** At least as bad as this. */
  readonly verdict: Exclude<Verdict, 'ok'>;
}

export interface Shown {
  readonly finding: AnyFinding;
  readonly exitCode: number;
  /** What is offered to be typed next. */
  readonly next: readonly string[];
}

export interface Played {
  /** Names and process ids of all that the server answered. */
  readonly tokens: readonly string[];
  readonly wrong: readonly Wrong[];
  /** What would be false to say. */
  readonly untrue?: RegExp;
  /** Rows stand below others, which they belong to. */
  readonly tree?: true;
}

const order: readonly Verdict[] = ['ok', 'unknown', 'warn', 'critical'];
const rank = (verdict: Verdict): number => order.indexOf(verdict);
const worse = (one: Verdict, other: Verdict): Verdict => (rank(one) >= rank(other) ? one : other);

const textOf = (cell: Cell): string => (cell === null ? '' : typeof cell === 'object' ? cell.text : String(cell));
const markOf = (row: readonly Cell[]): Verdict =>
  row.reduce<Verdict>(
    (mark, cell) => (cell !== null && typeof cell === 'object' ? worse(mark, cell.verdict) : mark),
    'ok',
  );

interface Row {
  readonly texts: readonly string[];
  readonly mark: Verdict;
  /** By what the sentence may call it. */
  readonly names: readonly string[];
  /** It only says what cannot be seen. */
  readonly isUnseen: boolean;
}

const rowsOf = ({ evidence }: AnyFinding, { tokens }: Played): readonly Row[] =>
  (evidence?.rows ?? []).map((row) => {
    const texts = row.map(textOf).filter((text) => text !== '');
    const known = tokens.filter((token) => texts.some((text) => text.includes(token)));
    // What cannot be seen stands alone, with its reason: `cannot see the slots: permission denied`.
    const unseen = texts.length === 1 ? /^cannot see (.*?): /.exec(texts[0] ?? '')?.[1] : undefined;
    const names = unseen === undefined ? (known.length > 0 ? known : texts) : [unseen];
    return { texts, mark: markOf(row), names, isUnseen: unseen !== undefined };
  });

const isNamed = (row: Row, sentence: string): boolean => row.names.some((name) => sentence.includes(name));

/** Sentences that are false where anything is wrong. */
const allIsWell = /all caught up|no table is behind|none is slow|: passes|3 of 3 endpoints/;

/** Each contradiction in words; none for a finding that is sound. */
export const contradictionsIn = ({ finding, exitCode, next }: Shown, played: Played): readonly string[] => {
  const { verdict, summary } = finding;
  const rows = rowsOf(finding, played);
  const marked = rows.filter(({ mark }) => mark !== 'ok');
  const worstMark = rows.reduce<Verdict>((mark, row) => worse(mark, row.mark), 'ok');
  const found: string[] = [];
  const must = (holds: boolean, what: string) => void (holds || found.push(what));

  must(worstMark === verdict, `the verdict is ${verdict}, the worst row ${worstMark}`);
  must(exitCode === { ok: 0, warn: 0, unknown: 5, critical: 6 }[verdict], `exit code ${exitCode} for ${verdict}`);

  // What is not ok is in the sentence, by its name or counted.
  const unnamed = marked.filter((row) => !isNamed(row, summary));
  const counted = [...summary.matchAll(/\band (\d+) more\b/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  must(unnamed.length <= counted, `not in the sentence: ${unnamed.map(({ texts }) => texts.join(' ')).join(' | ')}`);
  // Nothing else tells what cannot be seen.
  must(!unnamed.some(({ isUnseen }) => isUnseen), 'what cannot be seen is only counted');
  // And the sentence gives a reason for it.
  must(verdict === 'ok' || /: ./.test(summary), 'no reason is given');

  // The worst is first, in the sentence and in the table.
  const [beginning = ''] = summary.split(';');
  const worstRows = marked.filter(({ mark }) => mark === verdict);
  must(
    verdict === 'ok' || worstRows.some((row) => isNamed(row, beginning)),
    `the sentence does not begin with the worst: ${beginning}`,
  );
  if (played.tree) {
    const second = rows.findIndex(({ texts }, index) => index > 0 && !texts.some((text) => text.includes('└')));
    const first = rows.slice(0, second < 0 ? rows.length : second);
    must(verdict === 'ok' || first.some(({ mark }) => mark === verdict), 'the worst is not in the first tree');
  } else
    must(
      rows.every(({ mark }, index) => index === 0 || rank(rows[index - 1]?.mark ?? 'ok') >= rank(mark)),
      'the rows are not sorted by their marks',
    );

  // Nothing is said to be well that is not, and nothing unseen is ok.
  must(verdict === 'ok' || !allIsWell.test(summary), `"${allIsWell.exec(summary)?.[0]}" and ${verdict}`);
  must(
    verdict !== 'ok' || !/cannot (?:see|be (?:seen|read|estimated))/.test(summary),
    'ok, and something cannot be seen',
  );

  must(!played.untrue?.test(summary), `untrue: ${summary}`);

  // Advice follows from what is not ok.
  must(verdict !== 'ok' || next.length === 0, `advice, and nothing is wrong: ${next.join(' | ')}`);
  must(new Set(next).size === next.length, 'the same advice twice');
  for (const line of next) {
    const about = played.tokens.filter((token) => line.includes(token));
    const stands = about.length === 0 || marked.some(({ names }) => about.some((token) => names.includes(token)));
    must(stands, `advice for what is not wrong: ${line}`);
    must(!/<table>|<pid>/.test(line), `advice that does not say for what: ${line}`);
  }

  // What is wrong in the answer is shown as wrong, whatever the limit.
  for (const one of played.wrong) {
    const shown = marked.some(({ mark, texts }) => {
      const isIt = one.tokens.some((token) => texts.some((text) => text.includes(token)));
      return isIt && rank(mark) >= rank(one.verdict);
    });
    must(shown, `${one.verdict}, and no row says so: ${one.tokens.join(' or ')}`);
  }
  return found;
};
