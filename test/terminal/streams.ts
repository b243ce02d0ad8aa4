import { PassThrough } from 'node:stream';
import { createTerminal } from '../../src/terminal/sink.ts';
import type { Redactor, Terminal } from '../../src/terminal/sink.ts';

/** Knows one secret, so that tests can see whether it was asked. */
export const hunter2: Redactor = {
  redact: (text) => text.replaceAll('hunter2', '‹secret:password›'),
  redactJson: (value) => JSON.parse(JSON.stringify(value).replaceAll('hunter2', '‹secret:password›')) as typeof value,
  known: () => undefined,
};

export interface Captured {
  readonly terminal: Terminal;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly streams: { readonly stdin: PassThrough; readonly stdout: PassThrough; readonly stderr: PassThrough };
}

export interface StreamOptions {
  /** The width of the terminal; without it the output is a pipe. */
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly color?: boolean;
  readonly quiet?: boolean;
}

/** A terminal on streams in memory. It is `dumb` unless `env` says otherwise: nothing moves, everything is a line. */
export const captured = async (options: StreamOptions = {}): Promise<Captured> => {
  const { columns, env = { TERM: 'dumb' }, color, quiet } = options;
  const screen = columns === undefined ? {} : { isTTY: true, columns, rows: 24 };
  const stdin = new PassThrough();
  const stdout = Object.assign(new PassThrough(), screen);
  const stderr = Object.assign(new PassThrough(), screen);
  const read = { stdout: textOf(stdout), stderr: textOf(stderr) };
  const terminal = await createTerminal({ stdin, stdout, stderr, env, redactor: hunter2, color, quiet });
  return { terminal, ...read, streams: { stdin, stdout, stderr } };
};

const textOf = (stream: PassThrough) => {
  let all = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
  return () => all;
};
