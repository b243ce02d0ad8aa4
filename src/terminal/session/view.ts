import { requestFor } from '../../engine/plan/confirmation.ts';
import type { Change } from '../../engine/change.ts';
import type { Event, SessionOpened } from '../../engine/session/events.ts';
import type { AnyFinding } from '../../engine/finding.ts';
import type { Item } from '../../engine/procedure/specs.ts';
import type { StepKind } from '../../engine/procedure/tree.ts';
import { itemPath } from '../../engine/run/frame.ts';
import type { Tier } from '../../engine/plan/tier.ts';
import { planCard } from './card.ts';
import { wrap } from '../layout.ts';
import { createProgress } from './progress.ts';
import { clean } from '../sanitise.ts';
import { closingLines, openingLines } from './session-lines.ts';
import type { Terminal } from '../sink.ts';
import { indented, linesIn, standsIn, stepLines } from './step-lines.ts';
import { renderTable } from '../table.ts';
import { command, dim, strong } from '../text.ts';
import type { Text } from '../text.ts';

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
 * change goes is progress and goes to standard error. A call is a heading, and what its steps say stands below it, set in.
 */
export const createView = (terminal: Terminal, options: ViewOptions = {}): View => {
  const verbose = options.verbose === true;
  const dryRun = options.dryRun === true;
  const titles = new Map<string, string>();
  const items = new Map<string, readonly Item[]>();
  const plans = new Map<string, Plan>();
  const answers = new Map<string, string>();
  const told = new Set<string>();
  /** The calls that have not ended, and the sentences that stand below each. */
  const calls = new Map<string, string[]>();
  let opened: SessionOpened | undefined;
  let session: string | undefined;
  let readOnly = false;
  let touched = false;

  const callsAround = (step: string) => [...calls].filter(([call]) => step.startsWith(`${call}/`));
  const marginOf = (step: string): string => '  '.repeat(callsAround(step).length);
  const progress = createProgress(terminal, {
    write: (line) => (readOnly ? terminal.data(line) : terminal.say(dim(line))),
    marginOf,
  });

  const sayAll = (lines: readonly Text[]) => lines.forEach((line) => terminal.say(line));
  const inset = (step: string): number => 4 + marginOf(step).length;
  const note = (step: string, text: string) => sayAll(indented(linesIn(text), terminal.width, inset(step)).map(dim));
  const tell = (text: string): string | undefined => {
    if (told.has(text)) return undefined;
    if (!terminal.quiet) told.add(text);
    return text;
  };
  const showEvidence = (step: string, finding: AnyFinding) => {
    if (!finding.evidence) return;
    const [write, width] = readOnly ? [terminal.data, terminal.dataWidth] : [terminal.say, terminal.width];
    const layout = { ...layoutOf(terminal), width, indent: inset(step) };
    for (const line of renderTable(finding.evidence, layout)) write(line);
  };

  /** The plans of a step and of its items, each once. */
  const takePlans = (step: string): readonly Plan[] => {
    const paths = [step, ...(items.get(step) ?? []).map(({ id }) => itemPath(step, id))];
    const taken = paths.flatMap((path) => plans.get(path) ?? []);
    for (const path of paths) plans.delete(path);
    return taken;
  };

  /** The same card that a real run confirms. */
  const showCard = ({ subject }: SessionOpened, step: string, title: string, planned: readonly Plan[]) => {
    const margin = marginOf(step);
    const width = Math.min(terminal.width, terminal.dataWidth) - margin.length;
    const request = requestFor({ step, title, subject }, planned);
    for (const line of planCard(request, { ...layoutOf(terminal), width })) terminal.data([margin, line]);
  };

  const onResult = (event: Extract<Event, { type: 'step.result' }>) => {
    const { step, finding } = event;
    progress.ended(step);
    const above = calls.get(step);
    calls.delete(step);
    const planned = dryRun ? takePlans(step) : [];
    const title = titles.get(step) ?? step;
    if (planned.length > 0 && opened) showCard(opened, step, title, planned);
    const answer = answers.get(step);
    if (event.result === 'skipped' && answer === undefined && !verbose) return;
    const error = event.error === undefined ? undefined : tell(event.error);
    const margin = marginOf(step);
    const lines = stepLines(
      {
        title,
        result: event.result,
        ms: event.ms,
        ...(finding && { finding, said: above !== undefined && standsIn(above, finding.summary) }),
        ...(error !== undefined && { error }),
        ...(answer !== undefined && { answer }),
      },
      { width: terminal.width - margin.length, symbols: terminal.symbols },
    );
    for (const line of lines) (readOnly && finding ? terminal.data : terminal.say)([margin, line]);
    if (!finding) return;
    for (const [, sentences] of callsAround(step)) sentences.push(finding.summary);
    if (readOnly || verbose || finding.verdict !== 'ok') showEvidence(step, finding);
  };

  const onCall = ({ step, procedure, input }: Extract<Event, { type: 'call.opened' }>) => {
    const margin = marginOf(step);
    const heading = `${clean(titles.get(step) ?? procedure.title)} (${clean(procedure.section)})`;
    // In a dry run it stands above the cards, which are data.
    const write = readOnly || dryRun ? terminal.data : terminal.say;
    for (const line of wrap(heading, terminal.width - margin.length)) write([margin, strong(line)]);
    calls.set(step, []);
    if (verbose) note(step, `${procedure.id} ${JSON.stringify(input)}`);
  };

  const onDepends = ({ step, title, on }: Extract<Event, { type: 'step.depends' }>) => {
    const [first = '', ...more] = indented(
      [`${clean(title)}: depends on "${clean(on)}"; it is planned when that is known`],
      terminal.width - marginOf(step).length,
      2,
    );
    const lines: readonly Text[] = [[dim(terminal.symbols.skipped), first.slice(1)], ...more];
    for (const line of lines) terminal.data([marginOf(step), line]);
  };

  const onConfirmation = (event: Extract<Event, { type: 'confirmation' }>) => {
    // At the prompt the person has just seen all of it.
    if (event.decision !== 'confirmed' || event.by === 'prompt') return;
    terminal.say([marginOf(event.step), dim(`  confirmed by ${clean(event.by)}:`)]);
    for (const { step } of event.covers) note(step, plans.get(step)?.change.summary ?? step);
  };

  const onClosed = ({ outcome }: Extract<Event, { type: 'session.closed' }>) => {
    progress.close();
    const found = readOnly && ['done', 'critical', 'unseen'].includes(outcome.status);
    const recorded = session !== undefined && !readOnly && !dryRun && outcome.status !== 'unrecorded';
    if (found && outcome.next.length === 0) return;
    const ending = {
      // A look that was broken off leaves nothing undone.
      outcome: readOnly ? { ...outcome, undone: [] } : outcome,
      found,
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
        readOnly = event.procedure.does === 'reads';
        sayAll(openingLines(event, { dryRun, recorded: !dryRun && !readOnly }, terminal));
        if (verbose) note('', `${event.program}, ${event.actor.login} on ${event.actor.host}, ${event.at}`);
        return;
      case 'session.resumed':
        session = event.session;
        touched = true;
        terminal.say(`Resuming session ${clean(event.session)}`);
        if (event.done.length > 0) note('', `done already: ${event.done.join(', ')}`);
        return;
      case 'step.started':
        titles.set(event.step, event.title);
        if (event.kind === 'each') progress.group(event.step);
        else if (!holdsSteps.has(event.kind)) progress.started(event.step, event.title);
        return;
      case 'finding':
        tell(`${event.finding.summary}.`);
        sayAll(indented([clean(event.finding.summary)], terminal.width, inset(event.step)));
        if (event.finding.verdict !== 'ok') showEvidence(event.step, event.finding);
        return;
      case 'call.opened':
        return onCall(event);
      case 'step.depends':
        return onDepends(event);
      case 'items.planned':
        items.set(event.step, event.items);
        return;
      case 'change.planned':
        plans.set(event.step, event);
        if (verbose)
          note(event.step, `planned: ${event.change.summary}  fingerprint ${event.fingerprint.slice(0, 16)}`);
        return;
      case 'confirmation':
        return onConfirmation(event);
      case 'step.intent':
        touched = true;
        progress.changing(event.step, event.change.summary);
        return;
      case 'step.progress':
        if (event.note !== undefined) note(event.step, event.note);
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
        if (event.unusable !== undefined) {
          terminal.data(
            `This plan cannot be executed with --plan, because it could not be recorded: ${clean(event.unusable)}`,
          );
          return;
        }
        terminal.data(['Plan hash  ', command(event.hash)]);
        terminal.data(`Valid until ${clean(event.expires)}`);
        terminal.data('To execute exactly this plan, and nothing if it has changed:');
        terminal.data(['  the same command with ', command('--plan <hash>'), ' instead of ', command('--dry-run')]);
        if (event.plan.steps.some((step) => 'members' in step)) {
          terminal.data('To act on what is left of the set, and on nothing else:');
          terminal.data(['  ', command('--dry-run -o json > plan.json'), ', then ', command('--plan plan.json')]);
        }
        return;
      case 'session.closed':
        return onClosed(event);
      // What a call came to is said with the result of its step.
      case 'call.closed':
      case 'plan.stale':
      case 'plan.accepted':
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

/** What is under way is said by the steps in them. */
const holdsSteps: ReadonlySet<StepKind> = new Set(['parallel', 'decision', 'call', 'eachCall']);

const layoutOf = ({ width, symbols, redactor }: Terminal) => ({ width, symbols, redactor });
