import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged, ok } from '../../../engine/judgement.ts';
import type { JudgedRow } from '../../../engine/judgement.ts';
import type { From, HoldingSession, Sessions } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData } from '../reading/data.ts';
import type { LeftAlone, Selection } from './idle-selection.ts';
import { placeOf, unseenBecause, unseenParts } from '../reading/server.ts';
import { UnchangedSession } from '../reading/session-data.ts';
import { nameOf, presentMs } from '../reading/session-facts.ts';
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
  holds: list(z.string()),
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
  { server, unavailable, unseen }: From<Sessions>,
  { olderThanMs, approved }: { readonly olderThanMs: number; readonly approved: ReadonlySet<string> | undefined },
): DataFinding<IdleData> => {
  const lost = approved ? approved.size - ends.length : 0;
  return {
    ...judged({
      about: [
        `${ends.length === 0 ? 'no session' : counted(ends.length, 'session')} idle for ${age(olderThanMs)} or longer to end on ${placeOf(server)}`,
        ...(lost > 0 ? [`${lost} of the plan skipped (gone, or at work since)`] : []),
        ...(leftAlone.length > 0 ? [`${leftAlone.length} left alone`] : []),
      ].join('; '),
      columns: [
        { title: 'pid' },
        { title: 'for', align: 'right' },
        { title: 'ends', narrows: true },
        { title: 'user' },
        { title: 'application' },
        { title: 'state', extra: true },
        { title: 'database', extra: true },
        { title: 'client', extra: true },
      ],
      rows: [...ends.map(endsRow), ...leftAlone.map(staysRow)],
      unseen: [
        ...unseenParts({ unavailable }),
        ...(unseen > 0 ? [{ what: counted(unseen, 'session'), ...unseenBecause(server) }] : []),
      ],
      limit: mostRows,
    }),
    data: { server, ends, leftAlone, lost, unseen },
  };
};

/** More than these are in the data. */
const mostRows = 200;

const endsRow = (session: HoldingSession): JudgedRow => ({
  name: nameOf(session),
  cells: [
    session.pid,
    age(presentMs(session)),
    session.holds.length > 0 ? `yes, holds ${session.holds.join(', ')}` : 'yes',
    session.user,
    session.application || null,
    session.state,
    session.database,
    session.client,
  ],
  judgement: ok,
});

const staysRow = ({ pid, user, application, why }: LeftAlone): JudgedRow => ({
  name: `pid ${pid}`,
  cells: [pid, null, `no: ${why}`, user, application || null, null, null, null],
  judgement: ok,
});
