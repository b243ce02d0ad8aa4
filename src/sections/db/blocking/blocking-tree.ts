import type { BlockingView, LockedSession, PreparedTransaction } from '../../../providers/database/port.ts';

/** One that makes others wait, and those that wait for it; or one that waits for what is not seen. */
export interface Blocker {
  /** A process id, or `prepared <gid>`: a prepared transaction holds its locks without a process. */
  readonly id: string;
  readonly session?: LockedSession;
  readonly prepared?: PreparedTransaction;
  /** Those that wait for it, directly. Each session stands in the tree once. */
  readonly waiting: readonly Blocker[];
  /** How many wait for it, directly and through others. */
  readonly count: number;
}

export const isWaiting = (session: LockedSession | undefined): session is LockedSession =>
  session !== undefined && (session.waitsForLock !== null || session.blockedBy.length > 0);

/** All that stand in the trees, each once. */
export const everyone = (roots: readonly Blocker[]): readonly Blocker[] =>
  roots.flatMap((one) => [one, ...everyone(one.waiting)]);

/** Who waits for whom, from the roots: those that wait for nobody. The one that makes most wait comes first. */
export const blockingTree = ({ sessions, edges, prepared }: BlockingView): readonly Blocker[] => {
  const blockedBy = new Map<string, Set<string>>();
  const waits = (blocked: number, blocker: string) =>
    blockedBy.set(String(blocked), (blockedBy.get(String(blocked)) ?? new Set()).add(blocker));
  for (const { blocked, blocker } of edges) if (blocker !== 0) waits(blocked, String(blocker));
  for (const { gid, blocks } of prepared) for (const blocked of blocks) waits(blocked, `prepared ${gid}`);

  const waitingFor = new Map<string, string[]>();
  for (const [blocked, blockers] of blockedBy)
    for (const blocker of blockers) waitingFor.set(blocker, [...(waitingFor.get(blocker) ?? []), blocked]);

  const session = new Map(sessions.map((one) => [String(one.pid), one]));
  const transaction = new Map(prepared.map((one) => [`prepared ${one.gid}`, one]));
  const placed = new Set<string>();
  const blockerOf = (id: string): Blocker => {
    placed.add(id);
    const waiting: Blocker[] = [];
    for (const blocked of waitingFor.get(id) ?? []) if (!placed.has(blocked)) waiting.push(blockerOf(blocked));
    const own = session.get(id);
    const held = transaction.get(id);
    return {
      id,
      ...(own ? { session: own } : {}),
      ...(held ? { prepared: held } : {}),
      waiting,
      count: waiting.reduce((sum, { count }) => sum + 1 + count, 0),
    };
  };
  const roots = [...waitingFor.keys()].filter((id) => !blockedBy.has(id));
  const trees = roots.toSorted((one, other) => reach(waitingFor, other) - reach(waitingFor, one)).map(blockerOf);
  // A deadlock has no root until the server resolves it.
  const circles = [...blockedBy.keys()].flatMap((id) => (placed.has(id) ? [] : [blockerOf(id)]));
  // Whoever held the lock may be gone, or not be seen: the one that waits is shown all the same.
  const alone = sessions
    .filter(isWaiting)
    .flatMap(({ pid }) => (placed.has(String(pid)) ? [] : [blockerOf(String(pid))]));
  return [...trees, ...circles, ...alone];
};

/** How many wait for it, however far away. */
const reach = (waitingFor: ReadonlyMap<string, readonly string[]>, root: string): number => {
  const seen = new Set<string>();
  const open = [root];
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const blocked of waitingFor.get(id) ?? [])
      if (!seen.has(blocked)) {
        seen.add(blocked);
        open.push(blocked);
      }
  return seen.size;
};
