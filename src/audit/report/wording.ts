import type { StepOutcome, SessionOutcome } from '../../engine/session/events.ts';
import type { Cell, Verdict } from '../../engine/finding.ts';
import type { Json } from '../../engine/json.ts';

/**
 * Foreign text without what a viewer does not show or shows elsewhere: control characters become their pictures
 * (ESC: ␛), bidirectional and invisible format characters become U+FFFD. Line breaks and tabs stay.
 */
export const legible = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replace(/[\0-\x08\v-\x1f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replaceAll('\x7f', '␡')
    .replace(/[\x80-\x9f]|(?!\u200d)[\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');

/** `2026-11-22 03:15:02 UTC`. */
export const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

/** `03:15:02`, the day before it where it is not `day` (`2026-11-22`). */
export const timeOfDay = (iso: string, day: string): string =>
  iso.startsWith(day) ? iso.slice(11, 19) : `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;

/** How a verdict or an outcome is to be taken; the reports colour by it. */
export type Tone = 'good' | 'warning' | 'bad' | 'unknown' | 'neutral';

export const toneOfVerdict = (verdict: Verdict): Tone =>
  ({ ok: 'good', warn: 'warning', critical: 'bad', unknown: 'unknown' } as const)[verdict];

export const toneOfResult = (result: StepOutcome): Tone =>
  (
    {
      ok: 'good',
      failed: 'bad',
      unknown: 'unknown',
      skipped: 'neutral',
      declined: 'neutral',
      refused: 'warning',
      interrupted: 'warning',
    } as const
  )[result];

export const toneOfStatus = (status: SessionOutcome['status'] | 'open'): Tone => {
  switch (status) {
    case 'done':
      return 'good';
    case 'failed':
    case 'critical':
    case 'unreachable':
    case 'unrecorded':
      return 'bad';
    case 'unknown':
    case 'unseen':
    case 'open':
      return 'unknown';
    case 'refused':
    case 'interrupted':
      return 'warning';
    case 'declined':
    case 'usage':
      return 'neutral';
  }
};

/** The status in a word or two for people. */
export const statusInWords = (status: SessionOutcome['status'] | 'open'): string =>
  ({
    done: 'Done',
    failed: 'Failed',
    usage: 'Not run',
    refused: 'Refused',
    declined: 'Declined',
    unreachable: 'Unreachable',
    critical: 'Critical',
    unseen: 'Not everything could be seen',
    unknown: 'Outcome unknown',
    unrecorded: 'Not recorded',
    interrupted: 'Interrupted',
    open: 'Not closed',
  })[status];

/** `Restart one instance (restart.instance, runbook section 2.1) with {"id":"web-2"}`; nothing is said of an input that is empty. */
export const callInWords = (
  { id, section, title }: { readonly id: string; readonly section: string; readonly title: string },
  input: Json,
): string => {
  const given = JSON.stringify(input);
  return `${title} (${id}, runbook section ${section})${given === '{}' ? '' : ` with ${given}`}`;
};

/** A cell's text; a dash for nothing. A verdict is said in words, since a printed report may have no colour. */
export const cellText = (cell: Cell): string => {
  if (cell === null) return '–';
  if (typeof cell !== 'object') return String(cell);
  return cell.verdict === 'ok' ? cell.text : `${cell.text} (${cell.verdict})`;
};
