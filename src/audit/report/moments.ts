import { formatDuration } from '../../words/ages.ts';
import type { Event } from '../../engine/session/events.ts';
import { callInWords, statusInWords, type Tone, toneOfResult, toneOfStatus, toneOfVerdict } from './wording.ts';

/** One line of the timeline. */
export interface Moment {
  readonly at: string;
  /** The step's title, after those of the calls that it is in; absent for what concerns the whole session. */
  readonly step?: string;
  /** What happened, in a word or two: "confirmed", "verified". */
  readonly what: string;
  readonly detail?: string;
  readonly tone: Tone;
}

/** The timeline of a session. Samples and tables of progress are left out; they are evidence, not events of the evening. */
export const collectMoments = () => {
  const moments: Moment[] = [];
  const titles = new Map<string, string>();
  const calls: string[] = [];
  const planned = new Set<string>();
  const intended = new Set<string>();
  const found = new Set<string>();
  const nameOf = (step: string): string =>
    [...calls.filter((call) => step.startsWith(`${call}/`)), step].map((path) => titles.get(path) ?? path).join(' › ');
  const on = (event: Event, spilled: boolean): void => {
    if ('step' in event && 'title' in event) titles.set(event.step, event.title);
    if (event.type === 'call.opened' && !calls.includes(event.step)) calls.push(event.step);
    if (event.type === 'step.intent') intended.add(event.step);
    if (event.type === 'change.planned') {
      // It is planned again right before it is applied; the same plan is told once.
      const plan = `${event.step} ${event.fingerprint}`;
      if (planned.has(plan)) return;
      planned.add(plan);
    }
    // What was found is told once, not again with the result.
    if (event.type === 'finding') found.add(`${event.step} ${event.finding.summary}`);
    if (event.type === 'call.closed') found.add(`${event.step} ${event.summary.replace(/\.$/, '')}`);
    const seen = event.type === 'step.result' && found.has(`${event.step} ${event.finding?.summary}`);
    const told = tell(event, intended, seen);
    if (!told) return;
    const detail = spilled ? { detail: `${told.detail ?? ''} (from the spill file)` } : {};
    moments.push({ at: event.at, ...('step' in event && { step: nameOf(event.step) }), ...told, ...detail });
  };
  return { moments, on };
};

type Told = Pick<Moment, 'what' | 'detail' | 'tone'>;

const tell = (event: Event, intended: ReadonlySet<string>, seen: boolean): Told | undefined => {
  switch (event.type) {
    case 'session.opened':
      return { what: 'session opened', detail: `by ${event.actor.login}@${event.actor.host}`, tone: 'neutral' };
    case 'session.resumed':
      return { what: 'session resumed', detail: `by ${event.actor.login}@${event.actor.host}`, tone: 'neutral' };
    case 'session.closed':
      return {
        what: 'session closed',
        detail: statusInWords(event.outcome.status),
        tone: toneOfStatus(event.outcome.status),
      };
    case 'step.started':
      return { what: 'started', tone: 'neutral' };
    case 'finding': {
      const what = intended.has(event.step) ? 'verified' : 'found';
      return { what, detail: event.finding.summary, tone: toneOfVerdict(event.finding.verdict) };
    }
    case 'call.opened':
      return { what: 'calls', detail: callInWords(event.procedure, event.input), tone: 'neutral' };
    case 'call.closed':
      return { what: 'ends with', detail: event.summary, tone: toneOfVerdict(event.verdict) };
    case 'step.depends':
      return { what: 'depends', detail: `on "${event.on}"`, tone: 'neutral' };
    case 'items.planned':
      return { what: 'listed', detail: `${event.items.length} to go through`, tone: 'neutral' };
    case 'change.planned':
      return { what: 'planned', detail: event.change.summary, tone: 'neutral' };
    case 'confirmation':
      return {
        what: event.decision,
        detail: [`by ${event.by}`, covers(event.covers.length), event.note].filter(Boolean).join(', '),
        tone: event.decision === 'confirmed' ? 'good' : 'warning',
      };
    case 'plan.accepted':
      return { what: 'held to a plan', detail: event.hash, tone: 'neutral' };
    case 'plan.stale':
      return { what: 'plan no longer holds', detail: event.difference.join('; '), tone: 'warning' };
    case 'step.intent':
      return { what: 'begun', detail: event.change.summary, tone: 'neutral' };
    case 'step.progress':
      return event.note === undefined ? undefined : { what: 'progress', detail: event.note, tone: 'neutral' };
    case 'answer':
      return {
        what: `answered "${event.answer}"`,
        detail: [`by ${event.by}`, event.advice && `advice was "${event.advice}"`, event.note]
          .filter(Boolean)
          .join(', '),
        tone: 'neutral',
      };
    case 'step.result': {
      const why = event.error ?? (seen ? undefined : event.finding?.summary);
      return {
        what: event.result,
        detail: `after ${formatDuration(event.ms)}${why === undefined ? '' : `: ${why}`}`,
        tone: toneOfResult(event.result),
      };
    }
    case 'sample':
    case 'plan.hash':
      return undefined;
  }
};

const covers = (count: number): string => (count > 1 ? `one answer for ${count} steps` : '');
