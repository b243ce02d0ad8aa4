import type { Finding } from '../../engine/finding.ts';
import { worst } from '../../engine/finding.ts';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Call, Database, From, ReplicationView } from '../../providers/database/port.ts';
import { read } from './read.ts';
import { replicationLimits } from './replication-judgement.ts';
import { endRows } from './replication-rows.ts';
import type { EndRow } from './replication-rows.ts';
import { serverData } from './server.ts';
import { slotLimits } from './slots-judgement.ts';
import { slotsData } from './slots-table.ts';
import { counted } from './units.ts';

/** Section 2.3 of the runbook, "Check replication lag": seen from the primary and from each configured replica. */
export const replication = read({
  id: 'replication',
  section: '2.3',
  title: 'Replication',
  input: {},
  look: async ({ server, ...call }) => {
    // A replica that cannot be reached is told; without the first server there is nothing to say.
    const [first, ...others] = await Promise.all([
      server.replication(call),
      ...server.replicas.map((replica) => lookAt(replica, call)),
    ]);
    return replicationFinding([
      { name: server.name, view: first },
      ...server.replicas.map(({ name }, index) => ({ name, view: others[index] ?? 'not looked at' })),
    ]);
  },
  next: ['rb db wal', 'rb db running --on <replica>'],
});

type Seen = From<ReplicationView> | string;

const lookAt = async (replica: Database, call: Call): Promise<Seen> => {
  try {
    return await replica.replication(call);
  } catch (error) {
    if (call.signal.aborted || !(error instanceof RunbookError)) throw error;
    return messageOf(error).replace(/^[^:]*: /, '');
  }
};

interface End {
  readonly name: string;
  /** What it says, or why it says nothing. */
  readonly view: Seen;
}

const replicationFinding = (ends: readonly End[]): Finding => {
  const [first] = ends;
  const rows = ends.flatMap(({ name, view }): readonly EndRow[] => [
    ...endRows(name, view),
    ...strangerRows(name, view, first?.view),
  ]);
  const view = typeof first?.view === 'string' ? undefined : first?.view;
  const worrying = rows.filter(({ verdict }) => verdict !== 'ok');
  // A primary that nobody receives from, although replicas are configured.
  const alone = view?.role === 'primary' && ends.length > 1 && view.receivers.length + view.unseen === 0;
  return {
    verdict: worst([...rows.map(({ verdict }) => verdict), alone ? 'critical' : 'ok']),
    summary: [
      view === undefined ? 'cannot see' : whoReceives(view),
      ...(alone ? ['no configured replica is connected'] : []),
      ...worrying.map(({ what, detail }) => `${what}: ${detail}`),
      ...(worrying.length === 0 && rows.length > 0 ? ['all caught up'] : []),
    ].join('; '),
    evidence: {
      columns: [
        { title: 'seen from' },
        { title: 'what' },
        { title: 'behind', align: 'right' },
        { title: 'lag', align: 'right' },
        { title: 'state', narrows: true },
      ],
      rows: rows.map(({ from, what, behind, lag, detail, verdict }) => [
        from,
        what,
        behind,
        lag,
        { text: detail, verdict },
      ]),
    },
    data: {
      servers: ends.map(({ name, view: seen }): JsonObject =>
        typeof seen === 'string' ? { name, unreachable: seen } : { name, ...viewData(seen) },
      ),
      thresholds: {
        warn: { ...replicationLimits.warn },
        critical: { ...replicationLimits.critical },
        slots: { ...slotLimits },
      },
    },
  };
};

/** A configured replica may be that of another primary, and up to date all the same. */
const strangerRows = (from: string, view: Seen, first: Seen | undefined): readonly EndRow[] => {
  const [its, ours] = [view, first].map((seen) => (typeof seen === 'object' ? seen.server.systemIdentifier : null));
  if (its === null || ours === null || its === ours) return [];
  const detail = `belongs to another cluster (system identifier ${its}, not ${ours})`;
  return [{ from, what: from, behind: null, lag: null, detail, verdict: 'critical' }];
};

const whoReceives = ({ role, receivers, unseen }: From<ReplicationView>): string =>
  `${role === 'primary' ? 'the primary' : 'a replica'} with ${counted(receivers.length + unseen, 'receiver')}`;

const viewData = ({ server, ...view }: From<ReplicationView>): JsonObject => ({
  server: serverData(server),
  ...view,
  receivers: view.receivers.map((one) => ({ ...one })),
  slots: slotsData(view.slots),
});
