import { formatDuration } from '../../words/ages.ts';
import type { Table } from '../../engine/finding.ts';
import { auditLine } from './audit-line.ts';
import { codeBlock, plainText } from './escape-markdown.ts';
import type { Report, ReportedStep } from './timeline.ts';
import { callInWords, cellText, moment, statusInWords, timeOfDay } from './wording.ts';

/** The report as Markdown (GitHub's dialect, for its tables). Everything foreign in it is escaped. */
export const markdownReport = (report: Report): string => {
  const day = report.startedAt.slice(0, 10);
  const parts = [
    `# ${plainText(report.procedure.title)}: ${plainText(report.service)}/${plainText(report.environment)}`,
    `**${statusInWords(report.status)}.** ${plainText(report.summary)}`,
    table(
      ['', ''],
      facts(report).map(([name, value]) => [`**${name}**`, plainText(value)]),
    ),
    ...list('Left undone', report.undone),
    ...(report.next.length > 0 ? ['## Next', codeBlock(report.next, 'sh')] : []),
    '## Timeline',
    'Times are UTC.',
    table(
      ['Time', 'Step', 'What', ''],
      report.timeline.map(({ at, step, what, detail }) =>
        [timeOfDay(at, day), step ?? '', what, detail ?? ''].map(plainText),
      ),
    ),
    '## Steps',
    table(
      ['Step', 'Tier', 'Start', 'Decision', 'Intent', 'Verified', 'End', 'Took', 'Result'],
      report.steps.map((step) => {
        const [title = '', ...times] = timesOf(step, day).map(plainText);
        return ['&nbsp;'.repeat(4 * step.depth) + title, ...times];
      }),
    ),
    ...report.steps.flatMap(detailsOf),
    '---',
    plainText(auditLine(report)),
  ];
  return `${parts.join('\n\n')}\n`;
};

/** Name and value of what stands on the report's card. */
export const facts = (report: Report): readonly (readonly [string, string])[] => [
  ['Procedure', `${report.procedure.title} (${report.procedure.id}, runbook section ${report.procedure.section})`],
  ['Service', `${report.service}/${report.environment}`],
  ['Operator', `${report.operator}, ${report.mode}`],
  ...(report.reason === undefined ? [] : [['Reason', report.reason] as const]),
  ...(report.ticket === undefined ? [] : [['Ticket', report.ticket] as const]),
  ['Started', moment(report.startedAt)],
  [
    report.status === 'open' ? 'Last record' : 'Ended',
    `${moment(report.endedAt)} (${formatDuration(report.durationMs)})`,
  ],
  ...report.resumed.map(({ at, by }) => ['Resumed', `${moment(at)} by ${by}`] as const),
  ['Session', report.session],
];

/** A step's row: title, tier, its five times, how long it took, how it ended. */
export const timesOf = (step: ReportedStep, day: string): readonly string[] => {
  const time = (at: string | undefined): string => (at === undefined ? '–' : timeOfDay(at, day));
  return [
    nameOf(step),
    step.tier ?? '',
    time(step.startedAt),
    step.decision ? `${time(step.decision.at)} ${step.decision.what} (${step.decision.by})` : '–',
    time(step.intentAt),
    time(step.verifiedAt),
    time(step.endedAt),
    step.ms === undefined ? '–' : formatDuration(step.ms),
    resultInWords(step),
  ];
};

/** A call names the section that it leads to. */
export const nameOf = ({ title, call }: ReportedStep): string => (call ? `${title} (${call.section})` : title);

/** What a call came to, where its finding does not say it. */
export const callEnd = ({ call, finding }: ReportedStep): string | undefined =>
  finding || call?.verdict === undefined ? undefined : `${call.verdict}: ${call.summary}`;

export const resultInWords = ({ result, startedAt, spilled }: ReportedStep): string =>
  `${result ?? (startedAt === undefined ? 'not begun' : 'not ended')}${spilled ? ' (from the spill file)' : ''}`;

const detailsOf = (step: ReportedStep): readonly string[] => {
  const { change, finding, answer, error, notes, call } = step;
  const end = callEnd(step);
  const parts = [
    ...(call ? [plainText(`Calls ${callInWords(call, call.input)}`)] : []),
    ...(change ? [plainText(change.summary), ...bullets([...change.blastRadius, `Undo: ${change.undo}`])] : []),
    ...(change?.difference ? [codeBlock(change.difference, 'diff')] : []),
    ...(change && change.equivalent.length > 0 ? [codeBlock(change.equivalent, 'sh')] : []),
    ...(answer
      ? [`Answer: **${plainText(answer.answer)}** (${plainText(answer.by)}) ${plainText(answer.note ?? '')}`.trimEnd()]
      : []),
    ...(finding ? [`${finding.verdict}: ${plainText(finding.summary)}`] : []),
    ...(end === undefined ? [] : [plainText(end)]),
    ...(finding?.evidence ? [evidenceTable(finding.evidence)] : []),
    ...(error === undefined ? [] : ['Error:', codeBlock([error])]),
    ...bullets(notes.map(({ at, note }) => `${at.slice(11, 19)} ${note}`)),
  ];
  const level = '#'.repeat(Math.min(3 + step.depth, 6));
  return parts.length === 0 ? [] : [`${level} ${plainText(nameOf(step))}`, ...parts];
};

const evidenceTable = ({ columns, rows }: Table): string =>
  table(
    columns.map(({ title }) => plainText(title)),
    rows.map((row) => row.map((cell) => plainText(cellText(cell)))),
    columns.map(({ align }) => (align === 'right' ? '---:' : '---')),
  );

const table = (
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  aligned: readonly string[] = titles.map(() => '---'),
): string => [titles, aligned, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const bullets = (items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : [items.map((item) => `- ${plainText(item)}`).join('\n')];

const list = (title: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : [`## ${title}`, ...bullets(items)];
