import type { LoadedConfig } from '../file/load.ts';
import { othersInCharge, trustObstacle } from './owner.ts';
import type { Obstacle } from './owner.ts';
import type { TrustEntry, TrustStore } from './store.ts';

/** Why nothing of a configuration may be run, resolved or contacted. */
export interface Untrusted {
  /** Goes on from its path: "was found by walking up and is not trusted". */
  readonly reason: string;
  /** What it was when it was trusted, where it has changed since. */
  readonly before?: TrustEntry;
  /** Why it cannot be trusted as it is. */
  readonly obstacle?: Obstacle;
  /** What to do, apart from trusting it. */
  readonly next: readonly string[];
}

/**
 * Undefined for a configuration that may be acted upon: one that the operator named and that no one else can change, or one
 * that was trusted with exactly the text that is in use.
 */
export const standingOf = async (
  loaded: LoadedConfig,
  named: '--config' | 'RB_CONFIG' | undefined,
  openStore: () => Promise<TrustStore>,
): Promise<Untrusted | undefined> => {
  const others = named === undefined ? undefined : othersInCharge(loaded);
  if (named !== undefined && !others) return undefined;
  const reason = others
    ? `(named by ${named}) is not trusted, because ${others.what}`
    : 'was found by walking up and is not trusted';
  const obstacle = trustObstacle(loaded);
  if (obstacle)
    return {
      reason: others ? reason : `${reason}, because ${obstacle.what}`,
      obstacle,
      next: obstacle.next,
    };
  const before = (await openStore()).entry(loaded.path);
  const next = others?.next ?? [];
  if (!before) return { reason, next };
  if (before.sha256 === (await loaded.digest())) return undefined;
  return { reason: `has changed since ${before.by.login} trusted it at ${before.at}`, before, next };
};
