import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../engine/json.ts';
import type { Json, JsonObject } from '../../engine/json.ts';
import type { Failure } from './failure.ts';
import type { Probe } from './port.ts';
import type { Body } from './read-body.ts';
import { bodySays, meaningOf, type Says, valueSays } from './words.ts';

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly body: Body;
}

/** The body as a JSON object, where it is one. */
export const jsonOf = ({ body }: Answer): JsonObject | undefined =>
  body.kind === 'json' && isObject(body.value) ? body.value : undefined;

/** Why an answer is not the wanted one; undefined when it is. */
export const faultOf = (answer: Answer, probe: Probe): Failure | undefined => {
  const { status, location, body } = answer;
  const expected = probe.status ?? 200;
  if (status !== expected) {
    if (status >= 300 && status < 400 && location !== undefined)
      return { failure: 'redirect', detail: `HTTP ${status}, redirects to ${location.slice(0, 200)}` };
    return { failure: 'status', detail: `HTTP ${status}` };
  }
  // A login page in front of the service answers 200 to everything.
  if (body.kind === 'html') return { failure: 'not-json', detail: 'an HTML page, not a health answer' };
  if (body.kind === 'unreadable') return { failure: 'unreadable', detail: body.why };
  const wanted = Object.entries(probe.body ?? {});
  const object = jsonOf(answer);
  if (wanted.length > 0) {
    if (object === undefined) return { failure: 'not-json', detail: 'the answer is not a JSON object' };
    for (const [name, value] of wanted) {
      const found = Object.hasOwn(object, name) ? object[name] : undefined;
      if (!isDeepStrictEqual(found, value))
        return { failure: 'body', detail: `${name} is ${written(found)}, expected ${written(value)}` };
    }
  }
  // An answer that is expected to say no (503 in a maintenance) may say so.
  if (expected < 200 || expected >= 300) return undefined;
  const said = object ? objectFault(object, probe.body ?? {}) : otherFault(body);
  // A service whose own words are in the configuration is understood by those.
  return said?.failure === 'unreadable' && wanted.length > 0 ? undefined : said;
};

const objectFault = (object: JsonObject, expected: JsonObject): Failure | undefined => {
  const said = bodySays(object);
  if (said === undefined || said.says === 'ok' || Object.hasOwn(expected, said.field)) return undefined;
  return saidFault(said.field, object[said.field], said.says);
};

const saidFault = (what: string, value: Json | undefined, says: Says | 'unclear'): Failure =>
  says === 'unclear'
    ? { failure: 'unreadable', detail: `${what} is ${written(value)}, which rb does not understand` }
    : { failure: 'body', detail: `${what} is ${written(value)}` };

/** Of a body that is not a JSON object. Without one, and with words of its own (`pong`), the status alone says it. */
const otherFault = (body: Body): Failure | undefined => {
  if (body.kind === 'json') {
    const says = valueSays(body.value);
    return says === 'ok' ? undefined : saidFault('the answer', body.value, says);
  }
  if (body.kind !== 'text') return undefined;
  const says = meaningOf(body.text) ?? meaningOf(/^(?:not[ _-])?[a-z_-]+/i.exec(body.text)?.[0] ?? '');
  return says === undefined || says === 'ok' ? undefined : saidFault('the answer', body.text, says);
};

/** What the body says of itself, whatever the status: an instance that answers 503 may say that it is starting. */
export const saysOf = (answer: Answer): Says | undefined => {
  const object = jsonOf(answer);
  const says = object && bodySays(object)?.says;
  return says === 'unclear' ? undefined : says;
};

/** What the service itself reports as its latency, in milliseconds. */
export const latencyOf = (body: JsonObject | undefined, field: string | undefined): number | undefined => {
  const value = field === undefined || body === undefined || !Object.hasOwn(body, field) ? undefined : body[field];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
};

const written = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80));
