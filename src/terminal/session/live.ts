import { createLogUpdate } from 'log-update';
import type { Terminal } from '../sink.ts';
import { dim } from '../text.ts';
import type { Text } from '../text.ts';

/** Lines at the bottom of the terminal that are drawn again in place. */
export interface Live {
  /** `focus` is the line that stays in sight where there are more lines than the terminal has. */
  draw(lines: readonly Text[], focus: number): void;
  close(): void;
}

/** Draws on standard error. Whatever else is written through the terminal goes above. */
export const openLive = (terminal: Terminal): Live => {
  const { stderr } = terminal.streams;
  // The cursor stays: a library that hides it would have to catch signals to bring it back.
  const log = createLogUpdate(stderr, { showCursor: true });
  let frame = '';
  const show = () => {
    if (frame !== '') log(frame);
  };
  const release = terminal.keepBelow({ hide: () => log.clear(), show });
  return {
    draw: (lines, focus) => {
      const fitting = fitToHeight(lines, focus, (stderr.rows ?? 24) - 1);
      const next = fitting.map((line) => terminal.bytes(line)).join('\n');
      if (next === '' && frame !== '') log.clear();
      frame = next;
      show();
    },
    close: () => {
      if (frame !== '') log.clear();
      frame = '';
      log.done();
      release();
    },
  };
};

/** As many lines around `focus` as there is room for, and how many are out of sight. The first, a header, always stays. */
export const fitToHeight = (lines: readonly Text[], focus: number, height: number): readonly Text[] => {
  const [header, ...body] = lines;
  if (lines.length <= height || header === undefined) return lines;
  const room = Math.max(1, height - 2);
  const first = Math.min(Math.max(0, focus - 1 - Math.floor(room / 2)), body.length - room);
  const below = body.length - room - first;
  return [header, ...body.slice(first, first + room), dim(`  ${first} more above, ${below} more below`)];
};
