import { critical, judgement, unknown, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { LockedSession, PreparedTransaction } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';
import { isAgainstWraparound } from '../reading/session-facts.ts';
import { everyone, isWaiting } from './blocking-tree.ts';
import type { Blocker } from './blocking-tree.ts';

/** Waiting for a moment is what locks are for. */
export const blockingLimits = {
  warnWaitedMs: 5000,
  criticalWaitedMs: 60_000,
  criticalWaiting: 20,
  warnPreparedMs: 600_000,
} as const;

/** How many wait: all that stand below a root, and a root that waits itself, in a deadlock or for what is not seen. */
export const waitingIn = (roots: readonly Blocker[]): number =>
  roots.reduce((sum, { count, session }) => sum + count + (isWaiting(session) ? 1 : 0), 0);

/**
 * One at the root of those that wait, by how long they wait and how many wait in all (`waiting`). Those below it are its victims: they are
 * shown, and it is what is wrong. A session that waits for something that is not seen stands at a root itself.
 */
export const judgeRoot = (root: Blocker, waiting: number, unseenWhy: string): Judgement => {
  const victims = sessionsBelow(root);
  const waits = [...victims, ...(isWaiting(root.session) ? [root.session] : [])];
  const longest = Math.max(-1, ...waits.map(({ waitsForLock }) => waitsForLock?.waitedMs ?? -1));
  const long = longest < 0 ? '' : `${victims.length > 1 ? ', the longest' : ''} for ${age(longest)}`;
  const many = waiting > waits.length ? ` (${waiting} wait in all)` : '';
  const why =
    root.count > 0
      ? `makes ${counted(root.count, 'session')} wait${long}${many}`
      : `waits for ${wanted(root.session)}${long}, and who has it cannot be seen${many}`;
  const resolve = wayOut(root);
  const tooMany = waiting >= blockingLimits.criticalWaiting;
  return judgement(
    waits.length > 0 && (longest >= blockingLimits.criticalWaitedMs || tooMany) && critical(why, resolve),
    waits.length > 0 &&
      longest >= blockingLimits.warnWaitedMs &&
      longest < blockingLimits.criticalWaitedMs &&
      !tooMany &&
      warn(why, resolve),
    waits.some(({ waitsForLock }) => (waitsForLock?.waitedMs ?? null) === null) &&
      unknown('cannot see how long they wait'),
    root.prepared !== undefined && judgePrepared(root.prepared),
    root.prepared === undefined && judgeSeen(root, unseenWhy),
  );
};

/** Autovacuum against wraparound is not to be cancelled, whoever waits for it. */
const wayOut = ({ session }: Blocker): string =>
  session && isAgainstWraparound(session)
    ? 'rb db vacuum --status   (autovacuum against wraparound: let it finish)'
    : 'rb db blocking --resolve';

const sessionsBelow = ({ waiting }: Blocker): readonly LockedSession[] =>
  everyone(waiting).flatMap(({ session }) => session ?? []);

/** What a session wants: `AccessExclusive public.orders`. */
export const wanted = (session: LockedSession | undefined): string => {
  const lock = session?.waitsForLock;
  return lock ? [lock.mode.replace(/Lock$/, ''), lock.relation ?? lock.type].join(' ') : 'a lock';
};

/** One that takes part, and of which neither state nor statement may be read. */
export const judgeSeen = ({ session }: Blocker, why: string): Judgement =>
  judgement(
    (session === undefined || session.kind === null || session.state === null) &&
      unknown(`cannot see what it does: ${why}`),
  );

/** A prepared transaction survives restarts and holds its locks until it is ended: an old one was forgotten. */
export const judgePrepared = ({ gid, ageMs }: PreparedTransaction): Judgement =>
  judgement(
    ageMs >= blockingLimits.warnPreparedMs &&
      warn(
        `prepared ${age(ageMs)} ago, holds its locks until it is ended`,
        `COMMIT PREPARED or ROLLBACK PREPARED '${gid.replaceAll("'", "''")}'`,
      ),
  );
