import type { Change } from '../../../engine/change.ts';
import type { Json, JsonObject } from '../../../engine/json.ts';
import type { Seen } from './service.ts';

/** What an instance was before a change: what "new" is compared with. */
export interface Before extends JsonObject {
  readonly id: string;
  readonly state: string;
  readonly health: string;
  readonly version: string | null;
  readonly startedAt: string | null;
  /** When this was seen. ISO 8601. */
  readonly seenAt: string;
}

export const beforeOf = ({ id, listedState, health, version, startedAt }: Seen, now: Date): Before => ({
  id,
  state: listedState,
  health,
  version: version ?? null,
  startedAt: startedAt ?? null,
  seenAt: now.toISOString(),
});

/** The part of it that a plan rests on. Health is not: an instance that is restarted because it flaps would never be. */
export const basisOf = ({ id, listedState, startedAt }: Seen): JsonObject => ({
  id,
  startedAt: startedAt ?? null,
  state: listedState,
});

/** What a change of this adapter carries along. */
export interface ChangeData extends JsonObject {
  readonly before: readonly Before[];
  /** The instances to be restarted: all of the unit, but for those that an interrupted session has restarted already. */
  readonly todo: readonly string[];
  /** Scaling: how many there should be afterwards. */
  readonly to: number | null;
  /** Stop and start: an interrupted session has stopped them already. */
  readonly onlyStart: boolean;
}

/** Reads it back, also from the audit log. */
export const dataOf = (change: Change): ChangeData => {
  const data = isObject(change.data) ? change.data : {};
  return {
    before: Array.isArray(data['before']) ? (data['before'] as Before[]) : [],
    todo: Array.isArray(data['todo']) ? (data['todo'] as string[]) : [],
    to: typeof data['to'] === 'number' ? data['to'] : null,
    onlyStart: data['onlyStart'] === true,
  };
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
