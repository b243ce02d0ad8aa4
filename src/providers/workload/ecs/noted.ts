import type { Change } from '../../../engine/change.ts';
import { fingerprint } from '../../../engine/change.ts';
import type { Json, JsonObject } from '../../../engine/json.ts';
import type { Call } from '../port.ts';
import type { Seen } from './seen.ts';
import type { Wanted } from './rollout/standing.ts';

/** What there was before a change; it goes to the audit log with it, so that another process knows what is new. */
export interface Noted extends JsonObject {
  /** The ids of the deployments. */
  readonly deployments: readonly string[];
  /** When the newest of them was made, by AWS's clock; ISO 8601. */
  readonly newest: string | null;
  /** The time of the newest service event. */
  readonly events: string | null;
  /** When this was noted, by ours. */
  readonly at: string;
  /** For so long a deployment waits on purpose; see `Shifting`. Absent: it does not. */
  readonly waitsMs?: number;
}

export const noted = (seen: Seen, now: Date): Noted => ({
  deployments: seen.deployments.map(({ id }) => id),
  newest: seen.deployments[0]?.createdAt?.toISOString() ?? null,
  events: seen.events[0]?.at?.toISOString() ?? null,
  at: now.toISOString(),
  ...(seen.shifting ? { waitsMs: seen.shifting.waitsMs } : {}),
});

/** Reads it back, also from the audit log. */
export const notedIn = (change: Change): Noted => {
  const { noted: found } = dataOf<{ readonly noted?: Noted }>(change);
  return found ?? { deployments: [], newest: null, events: null, at: new Date(0).toISOString() };
};

/** What a change of this adapter carries along. */
export const dataOf = <Data>(change: Change): Partial<Data> =>
  isObject(change.data) ? (change.data as Partial<Data>) : {};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const wantedAfter = (notes: Noted, id: string | undefined): Wanted => ({
  id,
  noted: notes.deployments,
  notedUntil: notes.newest === null ? 0 : Date.parse(notes.newest),
});

const key = (change: Change, call: Pick<Call, 'mark'>) => `${call.mark} ${fingerprint(change)}`;

/** What ECS answered to a change, for as long as this process lives. */
export const openAnswers = <Answer>() => {
  const answers = new Map<string, Answer>();
  return {
    keep: (change: Change, call: Pick<Call, 'mark'>, answer: Answer) => void answers.set(key(change, call), answer),
    of: (change: Change, call: Pick<Call, 'mark'>) => answers.get(key(change, call)),
  };
};
