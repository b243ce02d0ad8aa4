import type { SessionOpened, SessionOutcome } from '../../engine/session/events.ts';
import type { Verdict } from '../../engine/finding.ts';
import { widthOf } from '../layout.ts';
import { clean } from '../sanitise.ts';
import { indented, linesIn } from './step-lines.ts';
import type { Symbols } from '../symbols.ts';
import { command, critical, dim, plain, span, strong, warn } from '../text.ts';
import type { Text } from '../text.ts';

interface Layout {
  readonly width: number;
  readonly symbols: Symbols;
}

/** `checkout-api / sandbox   Rolling restart (2.1)   session 2026...`, on two lines where one is too short; the session only where it is recorded. */
export const openingLines = (
  opened: SessionOpened,
  { dryRun, recorded }: { readonly dryRun: boolean; readonly recorded: boolean },
  { width }: Layout,
): readonly Text[] => {
  const { subject, procedure } = opened;
  const where: Text = subject.protected
    ? [strong(clean(subject.service)), ' / ', critical(clean(subject.environment)), ' ', warn('PROTECTED')]
    : [strong(clean(subject.service)), ' / ', strong(clean(subject.environment))];
  const what: Text = [
    clean(procedure.title),
    ` (${clean(procedure.section)})`,
    ...(dryRun ? ['   ', warn('dry run')] : []),
  ];
  if (!recorded) return [[where, '   ', what]];
  const session = dim(`session ${clean(opened.session)}`);
  const line: Text = [where, '   ', what, '   ', session];
  return widthOf(plain(line)) <= width ? [line] : [[where, '   ', what], session];
};

const ends: Record<SessionOutcome['status'], { readonly verdict: Verdict; readonly word: string }> = {
  done: { verdict: 'ok', word: 'Done' },
  failed: { verdict: 'critical', word: 'Failed' },
  usage: { verdict: 'critical', word: 'Not started' },
  refused: { verdict: 'critical', word: 'Refused' },
  declined: { verdict: 'warn', word: 'Declined' },
  unreachable: { verdict: 'critical', word: 'Unreachable' },
  critical: { verdict: 'critical', word: 'Critical' },
  unseen: { verdict: 'unknown', word: 'Not everything could be seen' },
  unknown: { verdict: 'unknown', word: 'Outcome unknown' },
  unrecorded: { verdict: 'critical', word: 'Not recorded' },
  interrupted: { verdict: 'warn', word: 'Stopped' },
};

export interface Ending {
  readonly outcome: SessionOutcome;
  /** A look that came to its end: what it found stands on the screen with its mark. */
  readonly found: boolean;
  /** The summary stands on the screen already. */
  readonly told: boolean;
  /** The session is in the audit log under this name. */
  readonly session?: string;
  /** A changing procedure that ended before its first change. */
  readonly untouched: boolean;
}

/** How it ended, what was left undone, what to type next. */
export const closingLines = (ending: Ending, { width, symbols }: Layout): readonly Text[] => {
  const { outcome } = ending;
  const { verdict, word } = ends[outcome.status === 'usage' && outcome.applied > 0 ? 'interrupted' : outcome.status];
  const mark: Text = [span(verdict, symbols.mark[verdict]), ' ', span(verdict, word)];
  const summary = ending.told ? [] : linesIn(outcome.summary);
  const [only] = summary;
  const oneLine = summary.length === 1 && only !== undefined && word.length + 4 + widthOf(only) <= width;
  const says = /nothing was (done|changed)/i.test(outcome.summary);
  const session = ending.session === undefined ? [] : [`rb audit show ${clean(ending.session)}`];
  // "Done" would be a green mark below a look that has warned.
  const head = oneLine ? [[mark, ': ', only]] : [mark, ...indented(summary, width)];
  return [
    ...(ending.found && outcome.status === 'done' ? [] : head),
    ...(ending.untouched && outcome.status !== 'done' && !says ? ['    Nothing was changed.'] : []),
    ...labelled(
      'not done',
      outcome.undone.map((title) => clean(title)),
    ),
    ...labelled(
      'next',
      outcome.next.map((line) => command(clean(line))),
    ),
    ...labelled(
      'audit',
      session.map((line) => command(line)),
    ),
  ];
};

const labelled = (label: string, values: readonly Text[]): readonly Text[] =>
  values.map((value, index) => ['  ', dim((index === 0 ? `${label}:` : '').padEnd(10)), value]);
