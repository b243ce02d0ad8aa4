import * as z from 'zod/mini';
import type { Cell, DataFinding } from '../../../engine/finding.ts';
import type { BlockingView, From, PreparedTransaction } from '../../../providers/database/port.ts';
import { BlockingData } from './blocking-data.ts';
import type { BlockerData } from './blocking-data.ts';
import { blockingLimits, judgeBlocking, waitingSessions } from './blocking-judgement.ts';
import { blockingTree } from './blocking-tree.ts';
import type { Blocker } from './blocking-tree.ts';
import { databaseLook } from '../reading/database-look.ts';
import { onServer, placeOf, unseenBecause } from '../reading/server.ts';
import { nameOf, presentMs } from '../reading/session-facts.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';

/** Section 3.3 of the runbook, "Check for blocking queries": as a tree, the root first. */
export const blocking = databaseLook({
  id: 'blocking',
  section: '3.3',
  title: 'Blocking queries',
  purpose: 'Queries hang because they wait for locks.',
  input: z.object(onServer),
  data: BlockingData,
  look: async (server, context) => blockingFinding(await server.blocking(context)),
  next: ['rb db blocking --resolve'],
});

export const blockingFinding = ({ server, unavailable, ...view }: From<BlockingView>): DataFinding<BlockingData> => {
  const roots = blockingTree(view);
  const [root] = roots;
  const waiting = waitingSessions(view);
  const idle = view.prepared.filter(({ blocks }) => blocks.length === 0);
  return {
    verdict: judgeBlocking(view),
    summary: [
      root === undefined
        ? `nobody waits for a lock on ${placeOf(server)}`
        : `${counted(waiting.length, 'session')} ${waiting.length === 1 ? 'waits' : 'wait'} for a lock on ${placeOf(server)}; the root is ${blockerName(root)}`,
      ...(roots.length > 1 ? [`${roots.length - 1} more ${roots.length === 2 ? 'root' : 'roots'}`] : []),
      ...(idle.length > 0 ? [`${counted(idle.length, 'prepared transaction')} that nobody waits for`] : []),
      ...(view.unseen > 0 ? [`cannot see what ${counted(view.unseen, 'session')} do${unseenBecause(server)}`] : []),
    ].join('; '),
    evidence: {
      columns: [
        { title: 'who' },
        { title: 'user' },
        { title: 'waited', align: 'right' },
        { title: 'wants' },
        { title: 'state' },
        { title: 'query', narrows: true },
        { title: 'application', extra: true },
        { title: 'transaction', align: 'right', extra: true },
      ],
      rows: [...roots.flatMap((one) => treeRows(one, 0)), ...idle.map((one) => preparedRow(one, ''))],
    },
    data: {
      server,
      unavailable,
      waiting: waiting.length,
      roots: roots.map(blockerData),
      prepared: view.prepared,
      unseen: view.unseen,
      thresholds: blockingLimits,
    },
  };
};

const blockerName = ({ id, session, prepared }: Blocker): string => {
  if (prepared) return `the prepared transaction "${prepared.gid}" of ${prepared.owner}`;
  return session ? nameOf(session) : `pid ${id}`;
};

const treeRows = (blocker: Blocker, depth: number): readonly (readonly Cell[])[] => [
  rowOf(blocker, depth === 0 ? '' : `${'  '.repeat(depth - 1)}└ `),
  ...blocker.waiting.flatMap((one) => treeRows(one, depth + 1)),
];

const rowOf = ({ id, session, prepared }: Blocker, branch: string): readonly Cell[] => {
  if (prepared) return preparedRow(prepared, branch);
  if (!session)
    return [`${branch}${id}`, null, null, null, { text: 'cannot see', verdict: 'unknown' }, null, null, null];
  const { waitsForLock: lock } = session;
  return [
    `${branch}${id}`,
    session.user,
    age(lock?.waitedMs ?? null),
    lock && [lock.mode.replace(/Lock$/, ''), lock.relation ?? lock.type].join(' '),
    session.state === null
      ? { text: 'cannot see', verdict: 'unknown' }
      : lock
        ? session.state
        : `${session.state} ${age(presentMs(session)) ?? ''}`,
    session.query,
    session.application || null,
    age(session.transactionMs),
  ];
};

const preparedRow = ({ gid, owner, ageMs }: PreparedTransaction, branch: string): readonly Cell[] => [
  `${branch}prepared`,
  owner,
  null,
  null,
  `prepared ${age(ageMs)}`,
  gid,
  null,
  age(ageMs),
];

const blockerData = ({ id, session, prepared, waiting, count }: Blocker): BlockerData => ({
  id,
  session: session ?? null,
  prepared: prepared ?? null,
  waitingCount: count,
  waiting: waiting.map(blockerData),
});
