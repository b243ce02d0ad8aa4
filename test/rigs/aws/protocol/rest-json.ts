import type { ApiModel, OperationModel, Shape } from './api-model.ts';
import { shapeOf } from './api-model.ts';
import type { Decoded, Protocol, WireRequest } from './protocol.ts';
import { toJson, withTimes } from './protocol.ts';

const headers = { 'content-type': 'application/json' };

/** `/schedules/{Name}` against `/schedules/nightly`: the parts in braces, decoded. */
const match = (template: string, path: string): Record<string, string> | undefined => {
  const wanted = template.replace(/\?.*$/, '').split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const name = /^\{(\w+)\+?\}$/.exec(segment)?.[1];
    if (name !== undefined) parts[name] = decodeURIComponent(given[index] ?? '');
    else if (segment !== given[index]) return undefined;
  }
  return parts;
};

const isNumber = (shape: Shape) => ['integer', 'long', 'float', 'double'].includes(shape.type);

/** A value from the path, the query or a header, which are all text. */
const typed = (shape: Shape, text: string): unknown => {
  if (isNumber(shape)) return Number(text);
  if (shape.type === 'boolean') return text === 'true';
  return shape.type === 'timestamp' ? new Date(text) : text;
};

const decodeOperation = (
  model: ApiModel,
  operation: OperationModel,
  request: WireRequest,
  path: Readonly<Record<string, string>>,
): Decoded => {
  const members = operation.input === undefined ? {} : (shapeOf(model, operation.input).members ?? {});
  const body: unknown = request.body === '' ? {} : JSON.parse(request.body);
  const input = (operation.input === undefined ? body : withTimes(model, operation.input, body)) as Record<
    string,
    unknown
  >;
  const query = new Set(request.url.searchParams.keys());
  for (const [name, member] of Object.entries(members)) {
    const wireName = member.locationName ?? name;
    const shape = shapeOf(model, member);
    if (member.location === 'uri' && path[wireName] !== undefined) input[name] = typed(shape, path[wireName]);
    if (member.location === 'querystring' && query.delete(wireName)) {
      const values = request.url.searchParams.getAll(wireName);
      input[name] = shape.type === 'list' ? values : typed(shape, values[0] ?? '');
    }
    if (member.location === 'header') {
      const value = request.header(wireName);
      if (value !== undefined) input[name] = typed(shape, value);
    }
  }
  const unknown = [...query].map((name) => `${operation.name} has no query parameter ${name}`);
  return { operation: operation.name, input, unknown };
};

/** REST with JSON: the operation is the method and the path; members are spread over path, query, headers and body. */
export const restJsonProtocol: Protocol = {
  decode: (model, request) => {
    for (const operation of Object.values(model.operations)) {
      if (operation.http.method !== request.method) continue;
      const path = match(operation.http.requestUri, request.url.pathname);
      if (path !== undefined) return decodeOperation(model, operation, request, path);
    }
    return undefined;
  },
  encode: (_model, operation, output, requestId) => ({
    status: operation.http.responseCode ?? 200,
    headers: { ...headers, 'x-amzn-requestid': requestId },
    body: toJson(output ?? {}),
  }),
  fail: (error, requestId) => ({
    status: error.status,
    headers: { ...headers, 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
    body: JSON.stringify({ Message: error.message }),
  }),
};
