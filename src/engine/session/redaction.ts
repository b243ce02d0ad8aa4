import { RunbookError } from '../errors.ts';
import type { EventBody } from './events.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';

/** What takes secrets out of events. */
export interface EventRedactor {
  /** The value without secrets, of the same shape. */
  redactJson<Value>(value: Value): Value;
  /** The name of a registered secret that the text holds; undefined where it holds none. */
  known(text: string): string | undefined;
}

/** `own` stays: the engine's own names and words, paths and ids. `state` stays as well, and may hold no secret. Everything else is redacted. */
type Treatment = 'own' | 'state' | Fields;
interface Fields {
  readonly [field: string]: Treatment;
}

const change: Fields = { target: 'state', basis: 'state', members: 'state', data: 'state', affects: 'own' };
const finding: Fields = { verdict: 'own', evidence: { columns: {}, rows: { verdict: 'own' } } };
const always: Fields = {
  type: 'own',
  session: 'own',
  step: 'state',
  n: 'own',
  kind: 'own',
  tier: 'own',
  decision: 'own',
  mode: 'own',
  fingerprint: 'own',
  ms: 'own',
  cause: 'own',
  verdict: 'own',
  covers: 'own',
  actor: {},
  subject: {},
  items: 'state',
  change,
  finding,
  outcome: { status: 'own', verdict: 'own', applied: 'own' },
  procedure: { id: 'own', does: 'own', outline: 'own' },
  input: 'state',
  answer: 'state',
  sample: 'state',
};
/** Elsewhere `result` is data. */
const byType: Readonly<Partial<Record<EventBody['type'], Fields>>> = {
  'step.result': { ...always, result: 'own' },
  'call.closed': { ...always, result: 'state' },
  'plan.accepted': { ...always, hash: 'own', steps: 'state' },
};

/**
 * Redacts each event of a session once, before any reader. What a resumed session goes on from is state: a secret in it is not replaced,
 * because the session would look for something else afterwards, but refuses the session, with the field's name. Where `recorded` says no,
 * nothing is resumed, and state is redacted like everything else.
 * Errors of the returned function: `refused`.
 */
export const redactingEvents = (
  redactor: EventRedactor,
  { recorded }: { readonly recorded: boolean },
): ((event: EventBody) => EventBody) => {
  const checks = new Set<string>();

  const treated = (value: Json, treatment: Treatment | undefined, field: string, step: string): Json => {
    if (treatment === 'own') return value;
    if (treatment === 'state' && recorded) {
      requireNoSecret(redactor, value, field, step);
      return value;
    }
    if (treatment !== undefined && treatment !== 'state') {
      if (Array.isArray(value)) return value.map((one: Json) => treated(one, treatment, field, step));
      if (isObject(value)) return fieldsOf(value, treatment, field, step);
    }
    return redactor.redactJson(value);
  };
  const fieldsOf = (part: JsonObject, fields: Fields, around: string, step: string): JsonObject =>
    Object.fromEntries(
      Object.entries(part).map(([key, value]) => [
        key,
        value === undefined
          ? undefined
          : treated(
              value,
              Object.hasOwn(fields, key) ? fields[key] : undefined,
              around ? `${around}.${key}` : key,
              step,
            ),
      ]),
    );

  return (event) => {
    if (event.type === 'step.started' && event.kind === 'check') checks.add(event.step);
    const step = 'step' in event ? event.step : '';
    const fields = byType[event.type] ?? always;
    // Only what a check has declared is read by later steps.
    const all = checks.has(step) ? { ...fields, finding: { ...finding, data: 'state' as const } } : fields;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- texts become texts, and the shape of an event stays
    return fieldsOf(event as unknown as JsonObject, all, '', step) as unknown as EventBody;
  };
};

const requireNoSecret = (redactor: EventRedactor, value: Json, field: string, step: string): void => {
  if (typeof value === 'string' || (typeof value === 'number' && Math.abs(value) >= 1000)) {
    const name = redactor.known(String(value));
    if (name === undefined) return;
    throw new RunbookError(
      'refused',
      `The secret ${name} stands in ${field}${step === '' || redactor.known(step) !== undefined ? '' : ` of step ${step}`}. It would have to be recorded as it is, so that the session can be resumed.`,
      { next: ['give the thing that is named like a secret another name, or the secret another value'] },
    );
  }
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) requireNoSecret(redactor, one, `${field}.${index}`, step);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    requireNoSecret(redactor, key, `a key of ${field}`, step);
    if (inner !== undefined) requireNoSecret(redactor, inner, `${field}.${key}`, step);
  }
};
