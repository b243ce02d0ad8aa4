import type { Cell, Finding } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { From, Session, Sessions } from '../../providers/database/port.ts';
import type { LeftAlone, Selection } from './idle-selection.ts';
import { placeOf, serverData, unseenBecause } from './server.ts';
import { sessionCells, sessionColumns } from './session-facts.ts';
import { age, counted } from './units.ts';

/** Who would be ended and who not, as the first step finds it. The change rests on its data. */
export const idleFinding = (
  { ends, leftAlone }: Selection,
  { server, unseen }: From<Sessions>,
  olderThanMs: number,
): Finding => ({
  verdict: unseen > 0 ? 'unknown' : 'ok',
  summary: [
    `${ends.length === 0 ? 'no session' : counted(ends.length, 'session')} idle for ${age(olderThanMs)} or longer to end on ${placeOf(server)}`,
    ...(leftAlone.length > 0 ? [`${leftAlone.length} left alone`] : []),
    ...(unseen > 0 ? [`cannot see ${counted(unseen, 'session')}${unseenBecause(server)}`] : []),
  ].join('; '),
  evidence: {
    columns: [...sessionColumns, { title: 'ends', narrows: true }],
    rows: [...ends.slice(0, mostRows).map(endsRow), ...restRow(ends.length - mostRows), ...leftAlone.map(staysRow)],
  },
  data: {
    server: serverData(server),
    ends: ends.map(chosenData),
    leftAlone: leftAlone.map((one) => ({ ...one })),
    unseen,
  },
});

/** More than these are in the data, and counted in the table. */
const mostRows = 100;

const restRow = (count: number): readonly (readonly Cell[])[] =>
  count > 0 ? [[null, `and ${count} more`, null, null, null, null, null, 'yes']] : [];

/** What the change needs of a session, and what one wants to know of it afterwards: there may be hundreds. */
const chosenData = (session: Session): JsonObject => {
  const { pid, backendStart, stateSince, user, database, application, client, state, stateMs, query } = session;
  return { pid, backendStart, stateSince, user, database, application, client, state, stateMs, query };
};

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
