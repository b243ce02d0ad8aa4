import type { Before } from './before.ts';
import { isStopped } from './describe.ts';
import type { Seen } from './service.ts';

/**
 * Where an instance stands on its way back.
 *
 * - `healthy`: new, and healthy twice in a row
 * - `running`: new and running; whether it is healthy cannot be known
 * - `unclear`: healthy, but whether it was restarted cannot be known
 * - `waiting`: on its way
 * - `old`: still the one from before
 * - `down`: stopped, or gone
 * - `failed`: new, and not healthy
 */
export interface Standing {
  readonly id: string;
  readonly kind: 'healthy' | 'running' | 'unclear' | 'waiting' | 'old' | 'down' | 'failed';
  /** "HTTP 503", "stopped". */
  readonly why: string;
  /** How many looks in a row gave this. */
  readonly times: number;
}

export interface ComebackRules {
  readonly unhealthyThreshold: number;
  /** Is there a health URL? */
  readonly hasHealth: boolean;
  /** The commands of the change ended well in this process: what cannot be told from the start time is new then. */
  readonly commandsDone: boolean;
}

const healthyTwice = 2;
const runningLooks = 3;
/** Looks come faster than this at first; a failing answer counts once in this time. */
const failureEveryMs = 900;
const crashLoop = 4;

/** Follows one instance through look after look. `before` is undefined for an instance that did not exist. */
export const followComeback = (id: string, before: Before | undefined, rules: ComebackRules) => {
  let last: Standing['kind'] | undefined;
  let times = 0;
  let healthyInRow = 0;
  let unhealthyInRow = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  let hasAnswered = false;
  const starts = new Set<string>();

  const countUnhealthy = (at: number): number => {
    if (at - countedAt >= failureEveryMs) {
      unhealthyInRow += 1;
      countedAt = at;
    }
    return unhealthyInRow;
  };

  const standing = (now: Seen | undefined, at: number): Pick<Standing, 'kind' | 'why'> => {
    if (now === undefined) return { kind: 'down', why: 'gone' };
    if (isStopped(now)) return { kind: 'down', why: 'stopped' };
    const renewed = isNew(now, before) ?? (rules.commandsDone ? true : undefined);
    if (renewed === false)
      return now.listedState === 'stopping' || now.listedState === 'starting'
        ? { kind: 'waiting', why: now.listedState }
        : { kind: 'old', why: 'not restarted' };
    if (now.startedAt !== undefined) starts.add(now.startedAt);
    if (renewed && starts.size >= crashLoop) return { kind: 'failed', why: 'it starts again and again' };
    hasAnswered ||= now.answered;
    healthyInRow = now.health === 'ok' ? healthyInRow + 1 : 0;
    if (now.health === 'ok') {
      unhealthyInRow = 0;
      if (healthyInRow < healthyTwice) return { kind: 'waiting', why: 'healthy once' };
      return renewed
        ? { kind: 'healthy', why: 'healthy' }
        : { kind: 'unclear', why: 'not known whether it was restarted' };
    }
    if (!rules.hasHealth)
      return now.listedState === 'running' && renewed
        ? { kind: 'running', why: 'no instanceHealth configured' }
        : { kind: 'unclear', why: 'no instanceHealth configured' };
    const why = now.detail ?? 'not healthy';
    // One that never answered may still be starting, however long that takes; one that says so is.
    const fails = now.health === 'critical' && hasAnswered && !now.warmingUp && now.listedState !== 'starting';
    if (fails && countUnhealthy(at) >= rules.unhealthyThreshold) return { kind: 'failed', why };
    return { kind: 'waiting', why };
  };

  return (now: Seen | undefined, at: number): Standing => {
    const { kind, why } = standing(now, at);
    times = kind === last ? times + 1 : 1;
    last = kind;
    const settled = kind !== 'running' || times >= runningLooks;
    return { id, kind: settled ? kind : 'waiting', why, times };
  };
};

/** Some platforms work out the start from an age in whole seconds: such a small step is no restart. */
const jitterMs = 2000;

/** Was an instance that is up started anew? `undefined`: the start times do not tell. */
export const isNew = (now: { readonly startedAt?: string }, before: Before | undefined): boolean | undefined => {
  if (before === undefined) return true;
  if (before.state === 'stopped') return true;
  if (now.startedAt === undefined) return undefined;
  if (before.startedAt !== null) {
    const [then, since] = [Date.parse(before.startedAt), Date.parse(now.startedAt)];
    return Math.abs(since - then) > jitterMs || (since !== then && since >= Date.parse(before.seenAt));
  }
  return Date.parse(now.startedAt) >= Date.parse(before.seenAt) ? true : undefined;
};
