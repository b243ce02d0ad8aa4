import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged } from '../../../engine/judgement.ts';
import type { JudgedRow, Judgement } from '../../../engine/judgement.ts';
import type { BlockingView, From, PreparedTransaction } from '../../../providers/database/port.ts';
import { BlockingData } from './blocking-data.ts';
import type { BlockerData } from './blocking-data.ts';
import { blockingLimits, judgePrepared, judgeRoot, judgeSeen, waitingIn, wanted } from './blocking-judgement.ts';
import { blockingTree, everyone } from './blocking-tree.ts';
import type { Blocker } from './blocking-tree.ts';
import { databaseLook } from '../reading/database-look.ts';
import { onServer, placeOf, unseenBecause, unseenParts } from '../reading/server.ts';
import { nameOf, presentMs, shortState } from '../reading/session-facts.ts';
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
});

export const blockingFinding = ({ server, unavailable, ...view }: From<BlockingView>): DataFinding<BlockingData> => {
  const roots = blockingTree(view);
  const waiting = waitingIn(roots);
  const idle = view.prepared.filter(({ blocks }) => blocks.length === 0);
  const hidden = unseenBecause(server);
  const rows = [
    ...roots.map((root) => ({
      ...rowOf(root, '', judgeRoot(root, waiting, hidden.why)),
      under: root.waiting.map((one) => waiterRow(one, 1, hidden.why)),
    })),
    ...idle.map((one) => preparedRow(one, '', judgePrepared(one))),
  ];
  // Most of those that cannot be seen stand in the tree, and are rows of their own.
  const unseen = view.unseen - everyone(roots).filter(({ session }) => session?.kind === null).length;
  return {
    ...judged({
      about: [
        waiting === 0
          ? `no session ${view.unseen > 0 ? 'that can be seen ' : ''}waits for a lock on ${placeOf(server)}`
          : `${counted(waiting, 'session')} ${waiting === 1 ? 'waits' : 'wait'} for a lock on ${placeOf(server)}${roots.length > 1 ? `, from ${roots.length} roots` : ''}`,
        ...(idle.length > 0 ? [`${counted(idle.length, 'prepared transaction')} that no session waits for`] : []),
      ].join('; '),
      ...(roots[0] !== undefined && roots[0].count > 0 ? { allOk: `the root is ${blockerName(roots[0])}` } : {}),
      columns: [
        { title: 'who' },
        { title: 'waited', align: 'right' },
        { title: 'state' },
        { title: 'query', narrows: true },
        { title: 'wants', extra: true },
        { title: 'database', extra: true },
        { title: 'user', extra: true },
        { title: 'application', extra: true },
        { title: 'transaction', align: 'right', extra: true },
      ],
      rows,
      unseen: [
        ...unseenParts({ unavailable }),
        ...(unseen > 0 ? [{ what: `what ${counted(unseen, 'session')} do`, ...hidden }] : []),
      ],
    }),
    data: {
      server,
      unavailable,
      waiting,
      roots: roots.map(blockerData),
      prepared: view.prepared,
      unseen: view.unseen,
      thresholds: blockingLimits,
    },
  };
};

const preparedName = ({ gid, owner }: PreparedTransaction): string => `the prepared transaction "${gid}" of ${owner}`;

const blockerName = ({ id, session, prepared }: Blocker): string => {
  if (prepared) return preparedName(prepared);
  return session ? nameOf(session) : `pid ${id}`;
};

const waiterRow = (blocker: Blocker, depth: number, unseenWhy: string): JudgedRow => ({
  ...rowOf(blocker, `${'  '.repeat(depth - 1)}└ `, judgeSeen(blocker, unseenWhy)),
  under: blocker.waiting.map((one) => waiterRow(one, depth + 1, unseenWhy)),
});

const rowOf = (blocker: Blocker, branch: string, judged: Judgement): JudgedRow => {
  const { id, session, prepared } = blocker;
  if (prepared) return preparedRow(prepared, branch, judged);
  const held = session && session.waitsForLock === null ? ` ${age(presentMs(session)) ?? ''}` : '';
  return {
    name: blockerName(blocker),
    cells: [
      `${branch}${id}`,
      age(session?.waitsForLock?.waitedMs ?? null),
      session?.state ? `${shortState(session.state)}${held}` : 'cannot see',
      session?.query ?? null,
      session?.waitsForLock ? wanted(session) : null,
      session?.database ?? null,
      session?.user ?? null,
      session?.application || null,
      age(session?.transactionMs ?? null),
    ],
    marks: 2,
    judgement: judged,
  };
};

const preparedRow = (one: PreparedTransaction, branch: string, judged: Judgement): JudgedRow => ({
  name: preparedName(one),
  cells: [
    `${branch}prepared`,
    null,
    `for ${age(one.ageMs)}`,
    one.gid,
    null,
    one.database,
    one.owner,
    null,
    age(one.ageMs),
  ],
  marks: 2,
  judgement: judged,
});

const blockerData = ({ id, session, prepared, waiting, count }: Blocker): BlockerData => ({
  id,
  session: session ?? null,
  prepared: prepared ?? null,
  waitingCount: count,
  waiting: waiting.map(blockerData),
});
