import * as z from 'zod/mini';
import type { Cell, DataFinding } from '../../../engine/finding.ts';
import type { From, Session, Sessions } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData } from '../reading/data.ts';
import type { LeftAlone, Selection } from './idle-selection.ts';
import { placeOf, unseenBecause } from '../reading/server.ts';
import { UnchangedSession } from '../reading/session-data.ts';
import { sessionCells, sessionColumns } from '../reading/session-facts.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';

/** What the change needs of a session, and what one wants to know of it afterwards: there may be hundreds. */
const IdleSession = z.extend(UnchangedSession, {
  user: nullableText,
  database: nullableText,
  application: z.string(),
  client: nullableText,
  state: nullableText,
  stateMs: nullableNumber,
  query: nullableText,
});
export type IdleSession = z.output<typeof IdleSession>;

export const IdleData = z.object({
  server: ServerData,
  ends: list(IdleSession),
  leftAlone: list(z.object({ pid: z.number(), user: nullableText, application: z.string(), why: z.string() })),
  /** Of the plan that `--plan` names, how many are skipped. */
  lost: z.number(),
  unseen: z.number(),
});
export type IdleData = z.output<typeof IdleData>;

/** Who would be ended and who not, as the first step finds it. The change rests on its data. */
export const idleFinding = (
  { ends, leftAlone }: Selection,
  { server, unseen }: From<Sessions>,
  { olderThanMs, approved }: { readonly olderThanMs: number; readonly approved: ReadonlySet<string> | undefined },
): DataFinding<IdleData> => {
  const lost = approved ? approved.size - ends.length : 0;
  return {
    verdict: unseen > 0 ? 'unknown' : 'ok',
    summary: [
      `${ends.length === 0 ? 'no session' : counted(ends.length, 'session')} idle for ${age(olderThanMs)} or longer to end on ${placeOf(server)}`,
      ...(lost > 0 ? [`${lost} of the plan skipped (gone, or at work since)`] : []),
      ...(leftAlone.length > 0 ? [`${leftAlone.length} left alone`] : []),
      ...(unseen > 0 ? [`cannot see ${counted(unseen, 'session')}${unseenBecause(server)}`] : []),
    ].join('; '),
    evidence: {
      columns: [...sessionColumns, { title: 'ends', narrows: true }],
      rows: [
        ...ends.slice(0, mostRows).map(endsRow),
        ...restRow(ends.length - mostRows, 'yes'),
        ...leftAlone.slice(0, mostRows).map(staysRow),
        ...restRow(leftAlone.length - mostRows, 'no'),
      ],
    },
    data: { server, ends, leftAlone, lost, unseen },
  };
};

/** More than these are in the data, and counted in the table. */
const mostRows = 100;

const restRow = (count: number, ends: 'yes' | 'no'): readonly (readonly Cell[])[] =>
  count > 0 ? [[null, `and ${count} more`, null, null, null, null, null, ends]] : [];

const endsRow = (session: Session): readonly Cell[] => [...sessionCells(session), 'yes'];

const staysRow = ({ pid, user, application, why }: LeftAlone): readonly Cell[] => [
  pid,
  user,
  application || null,
  null,
  null,
  null,
  null,
  `no: ${why}`,
];
