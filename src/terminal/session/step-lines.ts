import type { StepOutcome } from '../../engine/session/events.ts';
import type { AnyFinding, Verdict } from '../../engine/finding.ts';
import { formatDuration } from '../../words/ages.ts';
import { widthOf, wrap } from '../layout.ts';
import { clean } from '../sanitise.ts';
import type { Symbols } from '../symbols.ts';
import { dim, span, strong } from '../text.ts';
import type { Text } from '../text.ts';

export interface StepEnd {
  readonly title: string;
  readonly result: StepOutcome;
  readonly ms: number;
  readonly finding?: AnyFinding;
  /** What was found stands above already. */
  readonly said?: boolean;
  /** Why it did not go well; may have several lines. */
  readonly error?: string;
  /** What a person answered, and through what. */
  readonly answer?: string;
}

const verdictOf: Record<Exclude<StepOutcome, 'ok' | 'skipped'>, Verdict> = {
  failed: 'critical',
  refused: 'critical',
  declined: 'warn',
  interrupted: 'warn',
  unknown: 'unknown',
};

/** Mark, title, time, what was found: in one line if it fits, else what was found goes below. */
export const stepLines = (
  step: StepEnd,
  layout: { readonly width: number; readonly symbols: Symbols },
): readonly Text[] => {
  const { symbols, width } = layout;
  const title = clean(step.title);
  const time = formatDuration(step.ms);
  const head: Text = [markOf(step, symbols), ' ', strong(title), '  ', dim(time)];
  const found = foundBy(step);
  const [only] = found;
  const used = 2 + widthOf(title) + 2 + time.length + 2;
  if (only === undefined) return [head];
  if (found.length === 1 && used + widthOf(only) <= width) return [[head, '  ', only]];
  return [head, ...indented(found, width)];
};

/** Texts of others, broken by us and set in. */
export const indented = (texts: readonly string[], width: number, indent = 4): readonly string[] =>
  texts.flatMap((text) => wrap(text, width - indent).map((line) => ' '.repeat(indent) + line));

export const linesIn = (text: string): readonly string[] => text.split(/\r?\n/).map((line) => clean(line));

const markOf = ({ result, finding }: StepEnd, symbols: Symbols): Text => {
  if (result === 'skipped') return dim(symbols.skipped);
  const verdict = result === 'ok' ? (finding?.verdict ?? 'ok') : verdictOf[result];
  return span(verdict, symbols.mark[verdict]);
};

const foundBy = ({ result, finding, said, error, answer }: StepEnd): readonly string[] => [
  ...(answer === undefined ? [] : [clean(answer)]),
  ...(finding && said !== true ? [clean(finding.summary)] : []),
  ...(error === undefined ? [] : linesIn(error)),
  ...(result === 'skipped' && answer === undefined && !finding ? ['skipped'] : []),
];

/** Whether a summary says nothing that is not in the sentences already: that of a look is mostly made of what its steps have found. */
export const standsIn = (sentences: readonly string[], summary: string): boolean =>
  !/[\p{L}\p{N}]/u.test(sentences.reduce((rest, sentence) => rest.replace(sentence, ''), summary));
