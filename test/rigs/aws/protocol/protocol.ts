import type { ApiModel, OperationModel, Shape, ShapeReference } from './api-model.ts';
import { shapeOf } from './api-model.ts';
import type { AwsError } from './aws-error.ts';

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request as the service understands it. Times are `Date`. */
export interface Decoded {
  readonly operation: string;
  readonly input: unknown;
  /** What was sent and is not of the protocol: parameters that no member takes. */
  readonly unknown: readonly string[];
}

/** How one family of services is spoken to: AWS JSON, Query, REST with JSON. */
export interface Protocol {
  /** Undefined where the request names no operation of this model. */
  decode(model: ApiModel, request: WireRequest): Decoded | undefined;
  encode(model: ApiModel, operation: OperationModel, output: unknown, requestId: string): WireResponse;
  fail(error: AwsError, requestId: string): WireResponse;
}

/** JSON as it came, with the times that the model names turned into `Date` (seconds since 1970 on the wire). */
export const withTimes = (model: ApiModel, reference: ShapeReference, value: unknown): unknown => {
  const shape = shapeOf(model, reference);
  if (shape.type === 'timestamp') return typeof value === 'number' ? new Date(value * 1000) : value;
  if (shape.document === true || typeof value !== 'object' || value === null) return value;
  const { member: element } = shape;
  if (Array.isArray(value)) return element ? value.map((each) => withTimes(model, element, each)) : value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const member = memberOf(shape, name);
      return [name, member === undefined ? each : withTimes(model, member, each)];
    }),
  );
};

const memberOf = (shape: Shape, name: string): ShapeReference | undefined =>
  shape.type === 'map' ? shape.value : shape.members?.[name];

/** JSON with times in seconds since 1970. */
export const toJson = (value: unknown): string => JSON.stringify(inSeconds(value));

const inSeconds = (value: unknown): unknown => {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(inSeconds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inSeconds(each)]));
};
