import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../../engine/json.ts';
import type { Failure } from './failure.ts';
import type { Probe } from './port.ts';

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly contentType: string;
  /** Up to the limit. */
  readonly text: string;
  /** The answer was longer than the limit. */
  readonly cut: boolean;
}

/** The body as a JSON object, where it is one. */
export const jsonOf = (answer: Answer): JsonObject | undefined => {
  if (answer.cut) return undefined;
  try {
    const value: Json = JSON.parse(answer.text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Why an answer is not the wanted one; undefined when it is. */
export const faultOf = (answer: Answer, body: JsonObject | undefined, probe: Probe): Failure | undefined => {
  if (answer.status !== (probe.status ?? 200)) {
    if (answer.status >= 300 && answer.status < 400 && answer.location !== undefined)
      return { failure: 'redirect', detail: `HTTP ${answer.status}, redirects to ${answer.location.slice(0, 200)}` };
    return { failure: 'status', detail: `HTTP ${answer.status}` };
  }
  // A login page in front of the service answers 200 to everything.
  if (body === undefined && isHtml(answer)) return { failure: 'not-json', detail: 'an HTML page, not a health answer' };
  const wanted = Object.entries(probe.body ?? {});
  if (wanted.length === 0) return undefined;
  if (body === undefined)
    return { failure: 'not-json', detail: answer.cut ? 'the answer is too long' : 'the answer is not a JSON object' };
  for (const [name, value] of wanted) {
    const found = Object.hasOwn(body, name) ? body[name] : undefined;
    if (!isDeepStrictEqual(found, value))
      return { failure: 'body', detail: `${name} is ${written(found)}, expected ${written(value)}` };
  }
  return undefined;
};

/** What the service itself reports as its latency, in milliseconds. */
export const latencyOf = (body: JsonObject | undefined, field: string | undefined): number | undefined => {
  const value = field === undefined || body === undefined || !Object.hasOwn(body, field) ? undefined : body[field];
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

const isHtml = ({ contentType, text }: Answer): boolean =>
  /^(text\/html|application\/xhtml)/i.test(contentType) || /^\s*<(!doctype html|html)/i.test(text);

const written = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80));
