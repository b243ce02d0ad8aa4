import type { Span, Style } from './text.ts';

/** Turns a span whose text is safe already into what is written. */
export type Paint = (style: Style | undefined, text: string) => string;

export interface ColorChoice {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--no-color` is `false`. */
  readonly color?: boolean | undefined;
}

/**
 * Whether a stream gets colours. `--no-color` and `NO_COLOR` (no-color.org) always win; then `FORCE_COLOR`; then only a
 * terminal that is not `dumb`.
 */
export const wantsColor = ({ env, color }: ColorChoice, stream: { readonly isTTY?: boolean }): boolean => {
  if (color === false || env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
};

export const plainPaint: Paint = (_style, text) => text;

/** The sixteen colours of the terminal's own theme: readable on dark and on light. Chalk is loaded only where there is colour. */
export const loadPaint = async (): Promise<Paint> => {
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const paints: Record<NonNullable<Span['style']>, (text: string) => string> = {
    ok: chalk.green,
    warn: chalk.yellow,
    critical: chalk.red,
    unknown: chalk.magenta,
    strong: chalk.bold,
    dim: chalk.dim,
    heading: chalk.bold,
    command: chalk.cyan,
    frame: chalk.dim,
  };
  return (style, text) => (style === undefined ? text : paints[style](text));
};
