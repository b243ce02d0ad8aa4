import type { Change } from '../../engine/change.ts';
import type { Finding } from '../../engine/finding.ts';
import { autoscalerIn, fate } from './autoscaler.ts';
import type { StabilitySample } from './stability.ts';

type Findings = ReadonlyMap<string, Finding>;

interface Counts {
  readonly present: number;
  readonly to: number;
  /** Of a session that an older version began, there is none. */
  readonly baseline?: StabilitySample;
}

export const withBaseline = (limits: Finding, baseline: StabilitySample): Finding => ({
  ...limits,
  data: { ...(limits.data as { readonly [key: string]: number | null }), baseline },
});

/** The numbers that the first check found. */
export const counts = (findings: Findings): Counts =>
  (findings.get('limits')?.data as Counts | undefined) ?? { present: 0, to: 0 };

export const somethingToDo = (findings: Findings): boolean => counts(findings).present !== counts(findings).to;

/** The step whose finding says that the limits of the autoscaler were changed. */
const limitsChanged = 'autoscaler/limits/set';

/** With its limits changed the autoscaler still goes its own way between them. */
export const lowestWanted = (findings: Findings): number => {
  const { to } = counts(findings);
  return findings.has(limitsChanged) ? Math.min(to, autoscalerIn(findings.get('autoscaling'))?.min ?? to) : to;
};

export const isWanted = (desired: number, findings: Findings): boolean => {
  const { present, to } = counts(findings);
  if (!findings.has(limitsChanged)) return desired === to;
  return to > present ? desired >= to : desired <= to && desired >= lowestWanted(findings);
};

/** What the autoscaler would do to the count, where the platform's plan does not say it already. */
export const fateOfCount = (findings: Findings, { raises = [] }: Change): readonly string[] => {
  const autoscaler = autoscalerIn(findings.get('autoscaling'));
  if (!autoscaler || raises.some((reason) => reason.includes(autoscaler.name))) return [];
  return [fate(autoscaler, counts(findings).to)];
};
