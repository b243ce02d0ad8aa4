import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A reference from a member to its shape, with where it goes in the request or response. */
export interface ShapeReference {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
}

/** A type of the API, as botocore's `service-2.json` writes it. */
export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, ShapeReference>>;
  readonly required?: readonly string[];
  readonly member?: ShapeReference;
  readonly key?: ShapeReference;
  readonly value?: ShapeReference;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly flattened?: boolean;
  /** Any JSON value goes. */
  readonly document?: boolean;
  readonly error?: { readonly code?: string };
}

export interface OperationModel {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: ShapeReference;
  readonly output?: ShapeReference & { readonly resultWrapper?: string };
  readonly errors?: readonly ShapeReference[];
}

/** What AWS publishes about one of its services: the same description that its SDKs and its CLI are generated from. */
export interface ApiModel {
  readonly metadata: {
    readonly protocol: 'json' | 'query' | 'rest-json';
    readonly apiVersion: string;
    readonly endpointPrefix: string;
    readonly signingName?: string;
    readonly targetPrefix?: string;
    readonly xmlNamespace?: string;
  };
  readonly operations: Readonly<Record<string, OperationModel>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Reads the newest version of a service's model from botocore's data directory. */
export const readApiModel = (directory: string, service: string): ApiModel => {
  const version = readdirSync(join(directory, service)).toSorted().at(-1);
  if (version === undefined) throw new Error(`botocore has no model of ${service}`);
  const file = join(directory, service, version, 'service-2.json.gz');
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as ApiModel;
};

/** The name that requests to the service are signed for. */
export const signingName = (model: ApiModel): string => model.metadata.signingName ?? model.metadata.endpointPrefix;

export const shapeOf = (model: ApiModel, reference: ShapeReference): Shape => {
  const shape = model.shapes[reference.shape];
  if (shape === undefined) throw new Error(`the model has no shape ${reference.shape}`);
  return shape;
};
