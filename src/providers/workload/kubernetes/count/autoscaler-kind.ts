import type { Json, JsonObject } from '../../../../engine/json.ts';
import type { Resource } from '../../../../clients/kubernetes/port.ts';
import type { Condition, Meta } from '../objects/objects.ts';

/** What every object has that sets the number of instances of another one. */
export interface AutoscalerManifest {
  readonly metadata: Meta;
  readonly spec: {
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind?: string; readonly name: string };
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** The limits of an autoscaler, and whether it acts. */
export interface AutoscalerFacts {
  readonly min: number;
  readonly max: number;
  /** Why it does not change the number: "paused". Undefined: it does. */
  readonly inactive: string | undefined;
  /** What it says that is wrong, in its own words. */
  readonly complaints: readonly string[];
}

/** Of the whole object. */
export interface Patch extends JsonObject {
  readonly metadata?: JsonObject;
}

/** How one kind of autoscaler is read and changed. Every patch is a merge patch. */
export interface AutoscalerKind<Manifest extends AutoscalerManifest> {
  /** As the API writes it. */
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  /** As kubectl takes it. */
  readonly word: string;
  readonly resource: Resource;
  facts(manifest: Manifest): AutoscalerFacts;
  limits(min: number, max: number): Patch;
  /** The fields that a hold changes, as they are now. */
  heldFields(manifest: Manifest): Record<string, Json>;
  readonly hold: Patch;
  isHeld(manifest: Manifest): boolean;
  /** Puts the fields of `heldFields` back. */
  release(before: JsonObject): Patch;
  /** The same as `hold` and `release`, as one would type them. */
  holdCommand(name: string): readonly string[];
  releaseCommand(name: string, before: JsonObject): readonly string[];
}

/** It repeats itself: the beginning says what is wrong. */
const longestMessage = 160;

/** "ScalingActive is False (FailedGetResourceMetric): no metrics". */
export const complaint = ({ type, status, reason, message = '' }: Condition): string => {
  const why = reason === undefined ? '' : ` (${reason})`;
  const words = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
  return `${type} is ${status}${why}${words === '' ? '' : `: ${words}`}`;
};
