import type { Change } from '../change.ts';
import type { Subject } from '../session/subject.ts';
import { highestTier } from './tier.ts';
import type { Tier } from './tier.ts';

/** What is shown before the operator says yes: one change, or several that are done one after another. */
export interface ConfirmationRequest {
  readonly step: string;
  readonly title: string;
  readonly tier: Tier;
  /** Why the tier is higher than the step's own. */
  readonly raisedBy: readonly string[];
  readonly subject: Subject;
  readonly summary: string;
  readonly blastRadius: readonly string[];
  readonly changes: readonly Change[];
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

/** The request for one change, or for several that are done one after another; a dry run shows the same. */
export const requestFor = (
  of: Pick<ConfirmationRequest, 'step' | 'title' | 'subject'>,
  plans: readonly { readonly change: Change; readonly tier: Tier }[],
): ConfirmationRequest => {
  const changes = plans.map((plan) => plan.change);
  const [only] = changes;
  const one = changes.length === 1 && only;
  return {
    ...of,
    tier: highestTier(plans.map((plan) => plan.tier)),
    raisedBy: unique(changes.flatMap((change) => change.raises ?? [])),
    summary: one ? one.summary : `${changes.length} changes, one after another`,
    // What is true of each of several is said once.
    blastRadius: one
      ? one.blastRadius
      : unique(changes.flatMap((change) => change.blastRadius)).map((text) => `at a time: ${text}`),
    changes,
  };
};

/** What has to be typed. Default is no: anything but the expected answer declines. */
export type Requirement = { readonly kind: 'yes-no' } | { readonly kind: 'type'; readonly phrase: string };

/** How questions reach a person. Implemented by the terminal; absent where there is none. */
export interface Prompts {
  /** Shows the request and reads the answer. What was typed before is thrown away; end of input is `false`. Rejects with `RunbookError('interrupted')` on Ctrl-C. */
  confirm(request: ConfirmationRequest, requirement: Requirement): Promise<boolean>;
  /** One of `options`, by id. `undefined`: declined. */
  choose(question: Question): Promise<string | undefined>;
  /** Something only a person can do. `undefined`: neither done nor skipped; the procedure ends. */
  acknowledge(instruction: {
    readonly title: string;
    readonly instruction: string;
  }): Promise<{ readonly answer: 'done' | 'skipped'; readonly note: string } | undefined>;
}

export interface Question {
  readonly title: string;
  readonly question: string;
  readonly options: readonly {
    readonly id: string;
    readonly title: string;
    readonly unasked?: true;
    /** Why it cannot be chosen: "no workload is configured". */
    readonly unavailable?: string;
  }[];
  readonly advice?: { readonly option: string; readonly because: string };
}

/** The answers that were given on the command line. */
export interface GivenAnswers {
  readonly yes: boolean;
  /** `<service>/<environment>`. */
  readonly confirm?: string;
  /** `--answer <step>=<value>`. */
  readonly answers: ReadonlyMap<string, string>;
}

export const requirementFor = (tier: Tier, subject: Subject): Requirement | undefined => {
  switch (tier) {
    case 'read':
      return undefined;
    case 'mild':
      return { kind: 'yes-no' };
    case 'disruptive':
      return subject.protected ? { kind: 'type', phrase: subject.service } : { kind: 'yes-no' };
    case 'destructive':
      return { kind: 'type', phrase: `${subject.service}/${subject.environment}` };
  }
};

/** The flags that would have answered: what a script has to pass, all of them. Source: safety.md, "Tiers". */
export const flagsFor = (tier: Tier, subject: Subject): readonly string[] => {
  const confirm = `--confirm ${subject.service}/${subject.environment}`;
  switch (tier) {
    case 'read':
      return [];
    case 'mild':
      return ['--yes'];
    case 'disruptive':
      return subject.protected ? ['--yes', confirm] : ['--yes'];
    case 'destructive':
      return [confirm];
  }
};

/** Which flag answers for a tier, or undefined where the given ones do not suffice. */
export const answeredByFlags = (tier: Tier, subject: Subject, given: GivenAnswers): string | undefined => {
  const confirmed = given.confirm === `${subject.service}/${subject.environment}`;
  const needed = flagsFor(tier, subject);
  const has = (flag: string) => (flag === '--yes' ? given.yes : confirmed);
  return needed.every(has) ? needed.join(' ') : undefined;
};
