import {
  day,
  httpUrl,
  isDay,
  list,
  literalLike,
  mapping,
  maybeEmpty,
  named,
  oneOf,
  optional,
  shared,
  text,
  texts,
  withDefault,
} from './leaf.ts';

/** Part of what is typed to confirm (`<service>/<environment>`), so it holds no slash. */
const serviceName = () =>
  literalLike(
    (value) => /^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]*[\p{L}\p{N}])?$/u.test(value),
    'a name such as checkout-api (letters, digits, spaces, ".", "_", "-")',
  );

export const service = () =>
  mapping({
    name: serviceName(),
    purpose: optional(text()),
    stack: optional(texts()),
    architecture: optional(httpUrl()),
    dashboards: optional(named(httpUrl(), { of: 'dashboard names to URLs' })),
    documents: optional(
      mapping({
        goLive: optional(httpUrl()),
        incidentReport: optional(httpUrl()),
        monitoring: optional(httpUrl()),
        disasterRecovery: optional(httpUrl()),
      }),
    ),
  });

const versionText = shared(() => text('a version in quotes, such as "1.4"'));
const dayOrNothing = () => literalLike((value) => value === '' || isDay(value), 'a date such as 2026-11-01, or ""');

/** The head of the runbook as a document. */
export const runbookDocument = () =>
  mapping({
    version: optional(versionText()),
    date: optional(day()),
    author: optional(text()),
    status: optional(oneOf('draft', 'in-review', 'approved')),
    reviewers: optional(texts()),
    history: optional(list(mapping({ version: versionText(), date: day(), author: text(), changes: text() }))),
    approvals: optional(
      list(mapping({ role: text(), name: withDefault(maybeEmpty(), ''), date: withDefault(dayOrNothing(), '') })),
    ),
  });
