import type { ApiModel, Shape, ShapeReference } from './api-model.ts';
import { shapeOf } from './api-model.ts';
import type { Protocol } from './protocol.ts';

const headers = { 'content-type': 'text/xml' };

/** Form parameters that the members of the input take; what is left over belongs to none. */
type Parameters = Map<string, string>;

const numbered = (parameters: Parameters, prefix: string): string[] => {
  const numbers = new Set<number>();
  for (const name of parameters.keys()) {
    const number = name.startsWith(`${prefix}.`) ? Number(name.slice(prefix.length + 1).split('.')[0]) : Number.NaN;
    if (Number.isInteger(number)) numbers.add(number);
  }
  return [...numbers].toSorted((a, b) => a - b).map((number) => `${prefix}.${number}`);
};

const decodeList = (model: ApiModel, shape: Shape, prefix: string, parameters: Parameters): unknown => {
  if (parameters.get(prefix) === '') {
    parameters.delete(prefix);
    return [];
  }
  const { member } = shape;
  if (member === undefined) return undefined;
  const element = shape.flattened === true ? prefix : `${prefix}.${member.locationName ?? 'member'}`;
  const values = numbered(parameters, element).map((each) => decode(model, member, each, parameters));
  return values.length === 0 ? undefined : values;
};

const decode = (model: ApiModel, reference: ShapeReference, prefix: string, parameters: Parameters): unknown => {
  const shape = shapeOf(model, reference);
  if (shape.type === 'structure') {
    const members = Object.entries(shape.members ?? {}).map(([name, member]) => {
      const wireName = member.locationName ?? name;
      return [name, decode(model, member, prefix === '' ? wireName : `${prefix}.${wireName}`, parameters)] as const;
    });
    const present = members.filter(([, value]) => value !== undefined);
    return present.length === 0 && prefix !== '' ? undefined : Object.fromEntries(present);
  }
  if (shape.type === 'list') return decodeList(model, shape, prefix, parameters);
  const text = parameters.get(prefix);
  if (text === undefined) return undefined;
  parameters.delete(prefix);
  if (shape.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (['integer', 'long', 'float', 'double'].includes(shape.type)) return Number(text);
  return shape.type === 'timestamp' ? new Date(text) : text;
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const xml = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((each) => `<member>${xml(each)}</member>`).join('');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => `<${name}>${xml(each)}</${name}>`)
      .join('');
  return escape(String(value));
};

/** AWS Query: the operation and its members are form parameters, the answer is XML. */
export const queryProtocol: Protocol = {
  decode: (model, request) => {
    const parameters: Parameters = new Map(new URLSearchParams(request.body));
    const operation = model.operations[parameters.get('Action') ?? ''];
    if (operation === undefined || parameters.get('Version') !== model.metadata.apiVersion) return undefined;
    parameters.delete('Action');
    parameters.delete('Version');
    const input = operation.input === undefined ? {} : decode(model, operation.input, '', parameters);
    const unknown = [...parameters.keys()].map((name) => `${operation.name} has no parameter ${name}`);
    return { operation: operation.name, input, unknown };
  },
  encode: (model, operation, output, requestId) => {
    const { name } = operation;
    const result = `<${name}Result>${xml(output ?? {})}</${name}Result>`;
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const body = `<${name}Response xmlns="${model.metadata.xmlNamespace}">${result}${metadata}</${name}Response>`;
    return { status: 200, headers, body };
  },
  fail: (error, requestId) => {
    const type = error.status < 500 ? 'Sender' : 'Receiver';
    const inner = xml({ Type: type, Code: error.code, Message: error.message });
    const body = `<ErrorResponse><Error>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status: error.status, headers, body };
  },
};
