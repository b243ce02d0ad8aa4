import type { Protocol } from './protocol.ts';
import { toJson, withTimes } from './protocol.ts';

const headers = { 'content-type': 'application/x-amz-json-1.1' };

/** AWS JSON 1.1: everything is posted to `/`, the operation is named by `X-Amz-Target`. */
export const jsonProtocol: Protocol = {
  decode: (model, request) => {
    const [prefix, name] = (request.header('x-amz-target') ?? '').split('.');
    const operation = name === undefined ? undefined : model.operations[name];
    if (prefix !== model.metadata.targetPrefix || operation === undefined) return undefined;
    const sent: unknown = JSON.parse(request.body === '' ? '{}' : request.body);
    const input = operation.input === undefined ? sent : withTimes(model, operation.input, sent);
    return { operation: operation.name, input, unknown: [] };
  },
  encode: (_model, _operation, output, requestId) => ({
    status: 200,
    headers: { ...headers, 'x-amzn-requestid': requestId },
    body: toJson(output ?? {}),
  }),
  fail: (error, requestId) => ({
    status: error.status,
    headers: { ...headers, 'x-amzn-requestid': requestId },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  }),
};
