import type { ErrorKind } from '../../engine/errors.ts';
import type { Event, EventType, StepOutcome } from '../../engine/session/events.ts';
import type { Verdict } from '../../engine/finding.ts';
import { isObject } from '../../engine/json.ts';
import type { Json, JsonObject } from '../../engine/json.ts';
import type { StepKind } from '../../engine/procedure/tree.ts';
import { tiers } from '../../engine/plan/tier.ts';

/** What a record holds: an event, or a kind of one that only another version of rb knows, or something that rb does not write. */
export type Understood =
  | { readonly event: Event }
  | { readonly unknownKind: string }
  /** `misfit`: which field is not what rb writes there. */
  | { readonly misfit: string };

/**
 * Checked by hand, and no further than a session needs to be put together and shown. A word that this version does not know is accepted:
 * a later one has more step kinds, results and decisions.
 */
export const understand = (recorded: JsonObject): Understood => {
  const { type } = recorded;
  if (typeof type !== 'string') return { misfit: 'type' };
  if (!isEventType(type)) return { unknownKind: type };
  if (isEvent(recorded, type)) return { event: recorded };
  const wrong = misfitsIn(recorded, type).find(({ word }) => !word);
  return wrong ? { misfit: wrong.at } : { unknownKind: type };
};

/** What is said of a session in which something was recorded that this version does not know. */
export const newerThanUs = (program: string, kinds: readonly string[]): string =>
  `written by ${program}, which records things this version does not know (${kinds.join(', ')})`;

interface Misfit {
  readonly at: string;
  /** It is a word, and only this version does not know it. */
  readonly word?: true;
}
type Form = (value: Json | undefined, at: string) => readonly Misfit[];

const fits: readonly Misfit[] = [];
const that =
  (test: (value: Json | undefined) => boolean): Form =>
  (value, at) =>
    test(value) ? fits : [{ at }];

const text = that((value) => typeof value === 'string');
const number = that((value) => typeof value === 'number');
const anything = that((value) => value !== undefined);
const maybe =
  (form: Form): Form =>
  (value, at) =>
    value === undefined ? fits : form(value, at);
const each =
  (form: Form): Form =>
  (value, at) =>
    Array.isArray(value) ? value.flatMap((one: Json, index) => form(one, `${at}.${index}`)) : [{ at }];
const oneOf =
  (words: readonly string[]): Form =>
  (value, at) => {
    if (typeof value !== 'string') return [{ at }];
    return words.includes(value) ? fits : [{ at, word: true }];
  };
const object =
  (fields: Readonly<Record<string, Form>>): Form =>
  (value, at) =>
    isObject(value)
      ? Object.entries(fields).flatMap(([key, form]) =>
          form(Object.hasOwn(value, key) ? value[key] : undefined, at === '' ? key : `${at}.${key}`),
        )
      : [{ at }];

const verdict = oneOf(Object.keys({ ok: 1, warn: 1, critical: 1, unknown: 1 } satisfies Record<Verdict, 1>));
const kind = oneOf(
  Object.keys({
    check: 1,
    parallel: 1,
    action: 1,
    each: 1,
    eachCall: 1,
    decision: 1,
    manual: 1,
    watch: 1,
    call: 1,
    undo: 1,
  } satisfies Record<StepKind, 1>),
);
const result = oneOf(
  Object.keys({
    ok: 1,
    failed: 1,
    unknown: 1,
    skipped: 1,
    declined: 1,
    refused: 1,
    interrupted: 1,
  } satisfies Record<StepOutcome, 1>),
);
const errorKinds = Object.keys({
  failed: 1,
  usage: 1,
  refused: 1,
  declined: 1,
  unreachable: 1,
  critical: 1,
  unseen: 1,
  unknown: 1,
  unrecorded: 1,
  interrupted: 1,
} satisfies Record<ErrorKind, 1>);
const mode = oneOf(['interactive', 'scripted']);
const tier = oneOf(tiers);
const cell = that(
  (value) =>
    value === null ||
    ['string', 'number'].includes(typeof value) ||
    (isObject(value) && typeof value['text'] === 'string' && typeof value['verdict'] === 'string'),
);
const finding = object({
  verdict,
  summary: text,
  evidence: maybe(object({ columns: each(object({ title: text })), rows: each(each(cell)) })),
  next: maybe(each(text)),
});
const change = object({
  summary: text,
  target: object({}),
  blastRadius: each(text),
  equivalent: each(text),
  difference: maybe(each(text)),
  undo: text,
  raises: maybe(each(text)),
  basis: object({}),
  affects: maybe(each(text)),
  members: maybe(each(text)),
});
const actor = object({ uid: number, login: text, host: text });
const outlined: Form = (value, at) => object({ id: text, kind: text, steps: maybe(each(outlined)) })(value, at);
const procedure = object({ id: text, section: text, title: text, outline: each(outlined) });

/** By type, the fields besides `step`. What rb 0.1 did not record yet (`n`, `does`, `applied`) may be absent. */
const forms: Readonly<Record<EventType, Readonly<Record<string, Form>>>> = {
  'session.opened': {
    session: text,
    program: text,
    procedure,
    input: anything,
    subject: object({ service: text, environment: text }),
    actor,
    mode,
    reason: maybe(text),
    ticket: maybe(text),
    configuration: object({}),
  },
  'session.resumed': { session: text, actor, mode, done: each(text) },
  'session.closed': {
    outcome: object({
      status: oneOf(['done', ...errorKinds]),
      summary: text,
      undone: each(text),
      next: each(text),
      applied: maybe(number),
      verdict: maybe(verdict),
    }),
  },
  'plan.hash': { hash: text, expires: text },
  'plan.accepted': { hash: text, steps: each(object({ step: text })) },
  'step.started': { step: text, n: maybe(number), kind, title: text },
  finding: { step: text, finding },
  'call.opened': { step: text, procedure, input: anything },
  'call.closed': { step: text, verdict, summary: text, result: anything },
  'step.depends': { step: text, title: text, on: text },
  'items.planned': { step: text, items: each(object({ id: text })) },
  'change.planned': { step: text, title: text, change, tier, fingerprint: text },
  confirmation: {
    step: text,
    covers: each(object({ step: text, fingerprint: text })),
    tier,
    decision: oneOf(['confirmed', 'declined', 'refused']),
    by: text,
    note: maybe(text),
  },
  'plan.stale': { step: text, difference: each(text) },
  'step.intent': { step: text, n: maybe(number), tier, change, fingerprint: text },
  'step.progress': { step: text, note: maybe(text) },
  sample: { step: text, sample: anything },
  answer: { step: text, answer: text, by: text, advice: maybe(text), note: maybe(text) },
  'step.result': {
    step: text,
    result,
    ms: number,
    finding: maybe(finding),
    error: maybe(text),
    cause: maybe(oneOf(errorKinds)),
  },
};

const stamped: Form = object({ at: text, monotonicMs: number });

const isEventType = (type: string): type is EventType => Object.hasOwn(forms, type);

const misfitsIn = (recorded: JsonObject, type: EventType): readonly Misfit[] => [
  ...stamped(recorded, ''),
  ...object(forms[type])(recorded, ''),
];

const isEvent = (recorded: JsonObject, type: EventType): recorded is JsonObject & Event =>
  misfitsIn(recorded, type).length === 0;
