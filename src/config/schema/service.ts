import * as z from 'zod/mini';
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
    purpose: z.exactOptional(text()),
    stack: z.exactOptional(texts()),
    architecture: z.exactOptional(httpUrl()),
    dashboards: z.exactOptional(named(httpUrl(), { of: 'dashboard names to URLs' })),
    documents: z.exactOptional(
      mapping({
        goLive: z.exactOptional(httpUrl()),
        incidentReport: z.exactOptional(httpUrl()),
        monitoring: z.exactOptional(httpUrl()),
        disasterRecovery: z.exactOptional(httpUrl()),
      }),
    ),
  });

const versionText = () => text('a version in quotes, such as "1.4"');
const dayOrNothing = () => literalLike((value) => value === '' || isDay(value), 'a date such as 2026-11-01, or ""');

/** The head of the runbook as a document. */
export const runbookDocument = () =>
  mapping({
    version: z.exactOptional(versionText()),
    date: z.exactOptional(day()),
    author: z.exactOptional(text()),
    status: z.exactOptional(oneOf('draft', 'in-review', 'approved')),
    reviewers: z.exactOptional(texts()),
    history: z.exactOptional(list(mapping({ version: versionText(), date: day(), author: text(), changes: text() }))),
    approvals: z.exactOptional(
      list(mapping({ role: text(), name: withDefault(maybeEmpty(), ''), date: withDefault(dayOrNothing(), '') })),
    ),
  });
