import type { Change } from '../../engine/change.ts';
import type { ConfirmationRequest } from '../../engine/plan/confirmation.ts';
import { tierNumber } from '../../engine/plan/tier.ts';
import type { Tier } from '../../engine/plan/tier.ts';
import { truncate, widthOf, wrap } from '../layout.ts';
import { clean } from '../sanitise.ts';
import type { Redactor } from '../sink.ts';
import type { Symbols } from '../symbols.ts';
import { critical, dim, frame, span, strong, warn } from '../text.ts';
import type { Style, Text } from '../text.ts';

export interface CardLayout {
  readonly width: number;
  readonly symbols: Symbols;
  readonly redactor: Redactor;
  /** Lines that the screen has. In a card that is longer the end says once more what it is about. */
  readonly rows?: number;
}

/** More changes than these are counted, not listed. */
const mostChanges = 20;
/** Longer lines are hard to read. */
const mostColumns = 120;
const labelWidth = 10;

const tierStyle: Record<Tier, Style> = { read: 'dim', mild: 'ok', disruptive: 'warn', destructive: 'critical' };

/**
 * What is about to happen, as lines. Each line begins with the frame and is broken by us, so that no text from outside
 * can begin a line or look like the frame or the question.
 */
export const planCard = (
  request: ConfirmationRequest,
  { symbols, redactor, rows, ...given }: CardLayout,
): readonly Text[] => {
  const width = Math.min(given.width, mostColumns);
  // Redacted before anything is cut or broken: half a secret is not recognised any more.
  const seen = redactor.redactJson(request);
  const side = frame(`${symbols.frame.side} `);
  const inner = width - 2;
  const field = (label: string, lines: readonly Field[]): readonly Text[] =>
    lines
      .flatMap(({ text, style, prefix = '', prefixStyle }) =>
        wrap(clean(text), inner - labelWidth - widthOf(prefix)).map((line, index) => [
          index === 0 ? styled(prefix, prefixStyle) : ' '.repeat(widthOf(prefix)),
          styled(line, style),
        ]),
      )
      .map((line, index) => [side, dim((index === 0 ? label : '').padEnd(labelWidth)), line]);

  const card = [
    titleLine(seen.title, width, symbols),
    [side, subjectOf(seen)],
    frame(symbols.frame.side),
    ...field('What', whatOf(seen)),
    ...field(
      'Target',
      targetsOf(seen.changes).map((text) => ({ text })),
    ),
    ...field(
      'Affects',
      seen.blastRadius.map((text) => ({ text, style: 'strong' as const })),
    ),
    ...field('Changes', differencesOf(seen.changes)),
    ...field('Commands', commandsOf(seen.changes)),
    ...field(
      'Undo',
      unique(seen.changes.map((change) => change.undo)).map((text) => ({ text })),
    ),
    ...field('Risk', [
      { text: `${seen.tier} (tier ${tierNumber(seen.tier)})`, style: tierStyle[seen.tier] },
      ...seen.raisedBy.map((text) => ({ text, style: 'warn' as const, prefix: 'raised: ' })),
    ]),
  ];
  // With the end of the frame and the question below it.
  const scrollsAway = rows !== undefined && card.length + 2 > rows;
  const again = wrap(clean(seen.summary), inner).map((line): Text => [side, strong(line)]);
  return [
    ...card,
    ...(scrollsAway ? [frame(symbols.frame.side), [side, subjectOf(seen)], ...again] : []),
    frame(symbols.frame.bottom + symbols.frame.rule.repeat(width - 1)),
  ];
};

interface Field {
  readonly text: string;
  readonly style?: Style;
  readonly prefix?: string;
  readonly prefixStyle?: Style;
}

const styled = (text: string, style: Style | undefined): Text => (style === undefined ? text : span(style, text));

const titleLine = (title: string, width: number, symbols: Symbols): Text => {
  const { top, rule } = symbols.frame;
  const shown = truncate(clean(title), width - 6, symbols.ellipsis);
  return [frame(`${top}${rule} `), strong(shown), frame(` ${rule.repeat(Math.max(0, width - 4 - widthOf(shown)))}`)];
};

const subjectOf = ({ subject }: ConfirmationRequest): Text =>
  subject.protected
    ? [strong(subject.service), ' / ', critical(subject.environment), '  ', warn('PROTECTED ENVIRONMENT')]
    : [strong(subject.service), ' / ', strong(subject.environment)];

const whatOf = ({ summary, changes }: ConfirmationRequest): readonly Field[] => {
  const [first] = changes;
  if (changes.length === 1 && first?.summary === summary) return [{ text: summary, style: 'strong' }];
  const listed = changes
    .slice(0, mostChanges)
    .map((change, index) => ({ text: change.summary, prefix: `${String(index + 1).padStart(2)}. ` }));
  return [{ text: summary, style: 'strong' }, ...listed, ...restOf(changes.length)];
};

const restOf = (count: number, what = ''): readonly Field[] =>
  count > mostChanges
    ? [{ text: `and ${count - mostChanges} more${what}: --dry-run --output json lists them all`, style: 'warn' }]
    : [];

/** Taken away in one colour, added in another, what stands around them quiet; the mark is there without colours too. */
const differencesOf = (changes: readonly Change[]): readonly Field[] => {
  const lines = changes.flatMap((change) => change.difference ?? []);
  return [...lines.slice(0, mostChanges).map(differenceLine), ...restOf(lines.length, ' lines')];
};

const differenceLine = (line: string): Field => {
  const [, mark = '', text = ''] = /^([+-] *| *)(.*)$/s.exec(line) ?? [];
  const style = mark.startsWith('+') ? 'ok' : mark.startsWith('-') ? 'critical' : 'dim';
  return { text, style, prefix: mark, prefixStyle: style };
};

const commandsOf = (changes: readonly Change[]): readonly Field[] => {
  const commands = unique(changes.flatMap((change) => change.equivalent));
  return [
    ...commands.slice(0, mostChanges).map((text) => ({ text, style: 'command' as const, prefix: '$ ' })),
    ...restOf(commands.length),
  ];
};

/** Targets by what identifies them, so that those which differ in their name alone share a line. */
const targetsOf = (changes: readonly Change[]): readonly string[] => {
  const places = new Map<string, { readonly provider: string; readonly identity: string; readonly names: string[] }>();
  for (const { target } of changes) {
    const { provider, name, ...parts } = target;
    const facts = Object.entries(parts).map(([part, value]) => `${part} ${value}`);
    const identity = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
    const key = JSON.stringify([provider, identity]);
    const place = places.get(key) ?? { provider, identity, names: [] };
    place.names.push(name);
    places.set(key, place);
  }
  return [...places.values()].map(({ provider, identity, names }) => {
    const shown = unique(names);
    const more = shown.length > mostChanges ? ` and ${shown.length - mostChanges} more` : '';
    return `${provider}: ${shown.slice(0, mostChanges).join(', ')}${more}${identity}`;
  });
};

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
