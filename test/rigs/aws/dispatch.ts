import type { Faults } from './faults.ts';
import { errorOf } from './faults.ts';
import type { ApiModel, OperationModel } from './protocol/api-model.ts';
import { readApiModel, signingName } from './protocol/api-model.ts';
import { AwsError, commonErrors } from './protocol/aws-error.ts';
import { jsonProtocol } from './protocol/json.ts';
import type { Decoded, Protocol, WireRequest, WireResponse } from './protocol/protocol.ts';
import { queryProtocol } from './protocol/query.ts';
import { restJsonProtocol } from './protocol/rest-json.ts';
import { violationsOf } from './protocol/validate.ts';
import type { Operations } from './services/played-service.ts';

/** A request that reached a service. `at` is milliseconds since 1970 of the played time. */
export interface RecordedCall {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly at: number;
  /** When it came, in milliseconds of this machine's own time. */
  readonly cameMs: number;
  /** Whose credentials signed it. */
  readonly accessKey?: string;
  /** The code of the error that was answered, `connection cut` where nothing was; undefined where it went well. */
  readonly error?: string;
}

export interface DispatchDeps {
  /** Where the published models are. */
  readonly models: string;
  /** By the name of the service's model. */
  readonly services: Readonly<Record<string, Operations>>;
  readonly faults: Faults;
  readonly region: string;
  readonly now: () => number;
  readonly record: (call: RecordedCall) => void;
  readonly violation: (sentence: string) => void;
}

/** Undefined: the connection is to be cut. */
export type Dispatch = (request: WireRequest, requestId: string) => WireResponse | undefined;

/** A request that names an operation of the model. */
interface Understood {
  readonly decoded: Decoded;
  readonly operation: OperationModel;
}

interface Served {
  readonly name: string;
  readonly model: ApiModel;
  readonly protocol: Protocol;
  readonly operations: Operations;
}

const protocols = { json: jsonProtocol, query: queryProtocol, 'rest-json': restJsonProtocol } as const;

/** The scope of an AWS Signature Version 4: `<key>/<date>/<region>/<service>/aws4_request`. */
const scopeOf = (request: WireRequest) => {
  const credential = /Credential=([^,\s]+)/.exec(request.header('authorization') ?? '')?.[1] ?? '';
  const [accessKey, , region, service] = credential.split('/');
  return { accessKey, region, service };
};

const isSigned = (request: WireRequest): boolean => request.header('authorization') !== undefined;

/** Its callers have no credentials yet: they come to fetch some. */
const unsignedService = 'sso';

/** The codes that the model lists for an operation. Query services drop the word Exception from the name of the shape. */
const answers = (model: ApiModel, operation: OperationModel, code: string): boolean =>
  commonErrors.has(code) ||
  (operation.errors ?? []).some(({ shape }) =>
    [shape, model.shapes[shape]?.error?.code, shape.replace(/Exception$/, '')].includes(code),
  );

const noService = (request: WireRequest): string =>
  `${request.method} ${request.url.pathname} ${request.header('x-amz-target') ?? request.body.slice(0, 80)}`;

/** Answers one request, holding it and the answer against the published model. The signature itself is not checked. */
export const createDispatch = (deps: DispatchDeps): Dispatch => {
  const served = Object.entries(deps.services).map(([name, operations]): Served => {
    const model = readApiModel(deps.models, name);
    return { name, model, operations, protocol: protocols[model.metadata.protocol] };
  });

  const perform = (service: Served, decoded: Decoded, operation: OperationModel): object => {
    const played = service.operations[operation.name];
    if (played === undefined) {
      deps.violation(`${service.name} ${operation.name} is not played`);
      throw new AwsError('InternalFailure', `The rig does not play ${service.name} ${operation.name}.`, 500);
    }
    const output = played(decoded.input);
    const wrong = operation.output === undefined ? [] : violationsOf(service.model, operation.output, output);
    for (const sentence of wrong) deps.violation(`the rig's answer to ${service.name} ${operation.name}: ${sentence}`);
    return output;
  };

  const answer = (service: Served, { decoded, operation }: Understood, request: WireRequest, requestId: string) => {
    const { model, protocol } = service;
    const where = `${service.name} ${operation.name}`;
    const { accessKey, region } = scopeOf(request);
    const call: RecordedCall = {
      service: service.name,
      operation: operation.name,
      input: decoded.input,
      at: deps.now(),
      cameMs: performance.now(),
      ...(isSigned(request) && accessKey !== undefined ? { accessKey } : {}),
    };
    const fail = (error: AwsError): WireResponse => {
      if (!answers(model, operation, error.code)) deps.violation(`${where} never answers ${error.code}`);
      deps.record({ ...call, error: error.code });
      return protocol.fail(error, requestId);
    };
    const wrong = [
      ...decoded.unknown,
      ...(operation.input === undefined ? [] : violationsOf(model, operation.input, decoded.input)),
      ...(region === deps.region || !isSigned(request) ? [] : [`signed for the region ${region}, not ${deps.region}`]),
    ];
    for (const sentence of wrong) deps.violation(`${where}: ${sentence}`);
    if (wrong.length > 0) return fail(new AwsError('ValidationException', wrong.join('; ')));

    const failure = deps.faults.take(operation.name, deps.now());
    try {
      const output = failure === undefined || failure.applied === true ? perform(service, decoded, operation) : {};
      if (failure?.code !== undefined) return fail(errorOf(failure));
      deps.record(failure === undefined ? call : { ...call, error: 'connection cut' });
      return failure === undefined ? protocol.encode(model, operation, output, requestId) : undefined;
    } catch (error) {
      if (error instanceof AwsError) return fail(error);
      deps.violation(`${where}: the rig failed: ${String(error)}`);
      return fail(new AwsError('InternalFailure', String(error), 500));
    }
  };

  return (request, requestId) => {
    const scope = scopeOf(request);
    const service = served.find(({ name, model }) =>
      isSigned(request) ? signingName(model) === scope.service : name === unsignedService,
    );
    if (service === undefined) {
      deps.violation(`signed for ${scope.service}, which is not played: ${noService(request)}`);
      return jsonProtocol.fail(new AwsError('UnrecognizedClientException', 'No such service.'), requestId);
    }
    const decoded = service.protocol.decode(service.model, request);
    const operation = service.model.operations[decoded?.operation ?? ''];
    if (decoded !== undefined && operation !== undefined)
      return answer(service, { decoded, operation }, request, requestId);
    deps.violation(`${service.name} has no such operation: ${noService(request)}`);
    return service.protocol.fail(new AwsError('UnknownOperationException', 'No such operation.'), requestId);
  };
};
