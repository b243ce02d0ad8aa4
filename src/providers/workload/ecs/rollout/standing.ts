import type { Deployed, Seen } from '../tasks/seen.ts';
import { primaryOf } from '../tasks/seen.ts';
import { unended } from '../words.ts';

/** Which deployment is meant: the one that ECS answered with, else the first one after those that were there before. */
export interface Wanted {
  readonly id?: string | undefined;
  readonly noted: readonly string[];
  /** When the newest of the noted ones was made, in milliseconds by AWS's clock. */
  readonly notedUntil: number;
}

/**
 * Where a deployment stands.
 *
 * - `missing`: it is not in what ECS lists; right after the change that is usual
 * - `moving`: on its way; `bad` where tasks of it fail
 * - `done`: complete, and still the newest
 * - `failed`: ECS gave it up; `next` is what it does instead, where it does something
 * - `replaced`: another deployment came after it
 */
export type Standing =
  | { readonly kind: 'missing' }
  | { readonly kind: 'moving'; readonly mine: Deployed; readonly bad: boolean }
  | { readonly kind: 'done'; readonly mine: Deployed }
  | { readonly kind: 'failed'; readonly mine: Deployed; readonly why: string; readonly next?: Deployed }
  | { readonly kind: 'replaced'; readonly mine: Deployed; readonly by: Deployed };

export const wantedIn = (seen: Seen, wanted: Wanted): Deployed | undefined => {
  if (wanted.id !== undefined) return seen.deployments.find(({ id }) => id === wanted.id);
  return seen.deployments.findLast(
    ({ id, createdAt }) => !wanted.noted.includes(id) && (createdAt?.getTime() ?? 0) >= wanted.notedUntil,
  );
};

export const standingOf = (seen: Seen, wanted: Wanted): Standing => {
  const mine = wantedIn(seen, wanted);
  if (!mine) return { kind: 'missing' };
  const primary = primaryOf(seen);
  const next = primary && primary.id !== mine.id ? primary : undefined;
  if (mine.rollout === 'FAILED')
    return { kind: 'failed', mine, why: reasonOf(mine), ...(next === undefined ? {} : { next }) };
  if (next !== undefined)
    return isRollback(next)
      ? { kind: 'failed', mine, why: reasonOf(mine), next }
      : { kind: 'replaced', mine, by: next };
  if (mine.rollout === 'COMPLETED' || (mine.rollout === undefined && isSteady(seen))) return { kind: 'done', mine };
  return { kind: 'moving', mine, bad: mine.failed > 0 };
};

const reasonOf = ({ reason, failed }: Deployed): string =>
  reason === undefined || reason === '' ? `${failed} of its tasks failed in a row` : unended(reason);

/** ECS says so in the reason of the deployment that it goes back to. */
const isRollback = ({ reason }: Deployed): boolean => /roll(?:ed|ing)? ?back/i.test(reason ?? '');

/** All that can be told where ECS gives no rollout state: behind a Classic Load Balancer. */
const isSteady = (seen: Seen): boolean =>
  seen.deployments.length === 1 && seen.running === seen.desired && seen.pending === 0;
