import { requestFor } from '../engine/confirmation.ts';
import type { Change } from '../engine/change.ts';
import type { Event, SessionOpened } from '../engine/events.ts';
import type { Finding } from '../engine/finding.ts';
import type { Outline, StepKind } from '../engine/procedure.ts';
import type { Tier } from '../engine/tier.ts';
import { planCard } from './card.ts';
import { createProgress } from './progress.ts';
import { clean } from './sanitise.ts';
import { closingLines, openingLines } from './session-lines.ts';
import type { Terminal } from './sink.ts';
import { indented, linesIn, stepLines } from './step-lines.ts';
import { renderTable } from './table.ts';
import { command, dim } from './text.ts';
import type { Text } from './text.ts';

export interface View {
  on(event: Event): void;
  close(): void;
}

export interface ViewOptions {
  /** More: skipped steps, evidence of what is well, fingerprints, times. */
  readonly verbose?: boolean;
  /** The plans are what the command is for: they are shown in full, on standard output. */
  readonly dryRun?: boolean;
}

interface Plan {
  readonly change: Change;
  readonly tier: Tier;
}

/**
 * The event stream for people. What a read-only procedure found, and what a dry run planned, is data and goes to standard output; how a
 * change goes is progress and goes to standard error.
 */
export const createView = (terminal: Terminal, options: ViewOptions = {}): View => {
  const verbose = options.verbose === true;
  const dryRun = options.dryRun === true;
  const progress = createProgress(terminal, (line) => (readOnly ? terminal.data(line) : terminal.say(dim(line))));
  const steps = new Map<string, { readonly title: string; readonly kind: StepKind }>();
  const plans = new Map<string, Plan>();
  const answers = new Map<string, string>();
  const told = new Set<string>();
  let opened: SessionOpened | undefined;
  let session: string | undefined;
  let readOnly = false;
  let touched = false;

  const sayAll = (lines: readonly Text[]) => lines.forEach((line) => terminal.say(line));
  const note = (text: string) => sayAll(indented(linesIn(text), terminal.width).map(dim));
  const tell = (text: string): string | undefined => {
    if (told.has(text)) return undefined;
    if (!terminal.quiet) told.add(text);
    return text;
  };
  const showEvidence = (finding: Finding) => {
    if (!finding.evidence) return;
    const [write, width] = readOnly ? [terminal.data, terminal.dataWidth] : [terminal.say, terminal.width];
    for (const line of renderTable(finding.evidence, { ...layoutOf(terminal), width, indent: 4 })) write(line);
  };

  const onResult = (event: Extract<Event, { type: 'step.result' }>) => {
    progress.ended(event.step);
    const planned = dryRun ? takePlans(plans, event.step) : [];
    const title = steps.get(event.step)?.title ?? event.step;
    if (planned.length > 0 && opened)
      for (const line of planLines(terminal, opened, title, planned)) terminal.data(line);
    const { finding } = event;
    const answer = answers.get(event.step);
    if (event.result === 'skipped' && answer === undefined && !verbose) return;
    const error = event.error === undefined ? undefined : tell(event.error);
    const lines = stepLines(
      {
        title,
        result: event.result,
        ms: event.ms,
        ...(finding ? { finding } : {}),
        ...(error === undefined ? {} : { error }),
        ...(answer === undefined ? {} : { answer }),
      },
      terminal,
    );
    lines.forEach(readOnly && finding ? terminal.data : terminal.say);
    if (finding && (readOnly || verbose || finding.verdict !== 'ok')) showEvidence(finding);
  };

  const onConfirmation = (event: Extract<Event, { type: 'confirmation' }>) => {
    // At the prompt the person has just seen all of it.
    if (event.decision !== 'confirmed' || event.by === 'prompt') return;
    terminal.say(dim(`  confirmed by ${clean(event.by)}:`));
    for (const { step } of event.covers) note(plans.get(step)?.change.summary ?? step);
  };

  const onClosed = ({ outcome }: Extract<Event, { type: 'session.closed' }>) => {
    progress.close();
    const found = readOnly && (outcome.status === 'done' || outcome.status === 'critical');
    const recorded = session !== undefined && !readOnly && !dryRun && outcome.status !== 'unrecorded';
    if (found && outcome.next.length === 0) return;
    const ending = {
      // A look that was broken off leaves nothing undone.
      outcome: readOnly ? { ...outcome, undone: [] } : outcome,
      told: found || told.has(outcome.summary),
      untouched: !readOnly && !touched,
      ...(recorded && session !== undefined ? { session } : {}),
    };
    const write = outcome.status === 'done' ? terminal.say : terminal.alert;
    if (!readOnly) write('');
    closingLines(ending, terminal).forEach((line) => write(line));
  };

  const show = (event: Event): void => {
    switch (event.type) {
      case 'session.opened':
        opened = event;
        session = event.session;
        readOnly = !changes(event.procedure.outline);
        sayAll(openingLines(event, { dryRun, recorded: !dryRun && !readOnly }, terminal));
        if (verbose) note(`${event.program}, ${event.actor.login} on ${event.actor.host}, ${event.at}`);
        return;
      case 'session.resumed':
        session = event.session;
        touched = true;
        terminal.say(`Resuming session ${clean(event.session)}`);
        if (event.done.length > 0) note(`done already: ${event.done.join(', ')}`);
        return;
      case 'step.started':
        steps.set(event.step, event);
        if (isGroup(event.kind)) progress.group(event.step);
        else progress.started(event.step, event.title);
        return;
      case 'finding':
        tell(`${event.finding.summary}.`);
        sayAll(indented([clean(event.finding.summary)], terminal.width));
        if (event.finding.verdict !== 'ok') showEvidence(event.finding);
        return;
      case 'change.planned':
        plans.set(event.step, event);
        if (verbose) note(`planned: ${event.change.summary}  fingerprint ${event.fingerprint.slice(0, 16)}`);
        return;
      case 'confirmation':
        return onConfirmation(event);
      case 'step.intent':
        touched = true;
        progress.changing(event.step, event.change.summary);
        return;
      case 'step.progress':
        if (event.note !== undefined) note(event.note);
        // Where nothing is drawn in place, the status says it in one line.
        if (event.table && (terminal.animated || event.status === undefined)) progress.table(event.step, event.table);
        if (event.status !== undefined) progress.status(event.step, event.status, event.share);
        return;
      case 'answer':
        answers.set(event.step, `${event.answer} (${event.by})${event.note ? `: ${event.note}` : ''}`);
        return;
      case 'step.result':
        return onResult(event);
      case 'plan.hash':
        terminal.data(['Plan hash  ', command(event.hash)]);
        terminal.data(`Valid until ${clean(event.expires)}`);
        terminal.data('To execute exactly this plan, and nothing if it has changed:');
        terminal.data(['  the same command with ', command('--plan <hash>'), ' instead of ', command('--dry-run')]);
        return;
      case 'session.closed':
        return onClosed(event);
      case 'items.planned':
      case 'plan.stale':
      case 'sample':
        return;
    }
  };

  // Redacted before anything is cut or broken: half a secret is not recognised any more.
  return {
    on: (event) => terminal.together(() => show(terminal.redactor.redactJson(event))),
    close: () => progress.close(),
  };
};

const isGroup = (kind: StepKind): boolean => kind === 'each' || kind === 'parallel' || kind === 'decision';

const changes = (steps: Outline): boolean =>
  steps.some((step) => ['action', 'each', 'manual'].includes(step.kind) || changes(step.steps ?? []));

/** The plans of a step and of the steps in it, each once. */
const takePlans = (plans: Map<string, Plan>, step: string): readonly Plan[] => {
  const own = [...plans].filter(([path]) => path === step || path.startsWith(`${step}/`));
  for (const [path] of own) plans.delete(path);
  return own.map(([, plan]) => plan);
};

/** The same card that a real run confirms. */
const planLines = (
  terminal: Terminal,
  opened: SessionOpened,
  title: string,
  plans: readonly Plan[],
): readonly Text[] => {
  const request = requestFor({ step: '', title, subject: opened.subject }, plans);
  return planCard(request, { ...layoutOf(terminal), width: Math.min(terminal.width, terminal.dataWidth) });
};

const layoutOf = ({ width, symbols, redactor }: Terminal) => ({ width, symbols, redactor });
