import type { Readable, Writable } from 'node:stream';
import { loadPaint, plainPaint, wantsColor } from './color.ts';
import type { Paint } from './color.ts';
import { clean, cleanJson } from './sanitise.ts';
import { symbolsFor } from './symbols.ts';
import type { Symbols } from './symbols.ts';
import { spansOf } from './text.ts';
import type { Text } from './text.ts';

export interface Redactor {
  redact(text: string): string;
  redactJson<T>(value: T): T;
  known(text: string): string | undefined;
}

export interface Input extends Readable {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  readonly fd?: number;
  setRawMode?(raw: boolean): unknown;
}

export interface Output extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface TerminalOptions {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
  /** `false`: `--no-color`. */
  readonly color?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Lines at the bottom of the screen that are drawn again and again. */
export interface Region {
  hide(): void;
  show(): void;
}

/** The one way to the outside: everything is redacted and made harmless on its way. */
export interface Terminal {
  /** One line of data, on standard output. */
  readonly data: (text: Text) => void;
  /** One line for the person, on standard error; nothing when quiet. */
  readonly say: (text: Text) => void;
  /** One line that must be seen: on standard error, even when quiet. */
  readonly alert: (text: Text) => void;
  /** A text of many lines as it is (help, a report, YAML), on standard output. */
  document(text: string): void;
  /** One JSON document, on standard output. */
  json(value: unknown): void;
  /** One JSON value as one line, on standard output. */
  ndjson(value: unknown): void;
  /** Columns for the person's lines; 80 where nobody knows. */
  readonly width: number;
  /** Columns for data; without end where standard output is no terminal: nothing is cut off for a program or a file. */
  readonly dataWidth: number;
  /** Somebody can be asked: standard input and standard error are terminals, and this is no CI job. */
  readonly interactive: boolean;
  /** Lines on standard error can be drawn again. */
  readonly animated: boolean;
  readonly quiet: boolean;
  readonly symbols: Symbols;
  readonly redactor: Redactor;
  /** Text as the bytes for standard error, for the libraries that write there themselves. */
  bytes(text: Text): string;
  /** What `work` writes goes out in one piece, in its order: a system call costs more than a line, and nothing flickers. */
  together(work: () => void): void;
  /** Keeps `region` below everything that is written, until the returned function is called. */
  keepBelow(region: Region): () => void;
  /** Hides the region, for a prompt, until the returned function is called. */
  holdRegion(): () => void;
  /** Resolves when everything has been handed to the system, or nobody reads it any more. */
  flush(): Promise<void>;
  readonly streams: { readonly stdin: Input; readonly stdout: Output; readonly stderr: Output };
}

/** Asynchronous only because the colours are loaded where they are wanted. */
export const createTerminal = async (options: TerminalOptions): Promise<Terminal> => {
  const { stdout, stderr, env, redactor } = options;
  const quiet = options.quiet === true;
  const colored = { stdout: wantsColor(options, stdout), stderr: wantsColor(options, stderr) };
  const paint = colored.stdout || colored.stderr ? await loadPaint() : plainPaint;
  const paintFor = (stream: keyof typeof colored): Paint => (colored[stream] ? paint : plainPaint);
  const out = openOutput(stdout, (error) => err.write(`rb: standard output: ${clean(error.message)}\n`));
  const err = openOutput(stderr, () => undefined);
  const stdin = openInput(() => options.stdin);
  const usable = env['TERM'] !== 'dumb' && !isCi(env);
  const regions = trackRegion();

  const put = (target: 'stdout' | 'stderr', text: string) => {
    const inTheWay = target === 'stderr' || stdout.isTTY === true;
    const toStream = () => (target === 'stdout' ? out : err).write(text);
    if (inTheWay) regions.around(toStream);
    else toStream();
  };
  const { write, together } = gather(put);
  const line = (target: 'stdout' | 'stderr', text: Text) =>
    write(target, `${render(text, paintFor(target), redactor)}\n`);

  return {
    data: (text) => line('stdout', text),
    say: (text) => (quiet ? undefined : line('stderr', text)),
    alert: (text) => line('stderr', text),
    document: (text) => {
      const safe = clean(redactor.redact(text), { lines: true, tabs: true });
      write('stdout', safe.endsWith('\n') ? safe : `${safe}\n`);
    },
    json: (value) => write('stdout', `${cleanJson(JSON.stringify(redactor.redactJson(value), undefined, 2))}\n`),
    ndjson: (value) => write('stdout', `${cleanJson(JSON.stringify(redactor.redactJson(value)))}\n`),
    get width() {
      return columnsOf(stderr) ?? columnsOf(stdout) ?? columnsFrom(env) ?? 80;
    },
    get dataWidth() {
      return stdout.isTTY === true ? (columnsOf(stdout) ?? columnsFrom(env) ?? 80) : Number.POSITIVE_INFINITY;
    },
    interactive: usable && stderr.isTTY === true && stdin().isTTY === true,
    animated: stderr.isTTY === true && usable && !quiet,
    quiet,
    symbols: symbolsFor(env),
    redactor,
    bytes: (text) => render(text, paintFor('stderr'), redactor),
    together,
    keepBelow: regions.keepBelow,
    holdRegion: regions.hold,
    flush: async () => {
      await Promise.all([out.flush(), err.flush()]);
    },
    streams: {
      get stdin() {
        return stdin();
      },
      stdout,
      stderr,
    },
  };
};

/** The sink without streams to manage, colours or regions: for the last words of a process that has no terminal yet. */
export const plainTerminal = (
  { stdout, stderr }: Pick<TerminalOptions, 'stdout' | 'stderr'>,
  redactor: Redactor,
): Pick<Terminal, 'alert' | 'json' | 'ndjson'> => {
  const json = (indent?: number) => (value: unknown) =>
    void stdout.write(`${cleanJson(JSON.stringify(redactor.redactJson(value), undefined, indent))}\n`);
  return {
    alert: (text) => void stderr.write(`${render(text, plainPaint, redactor)}\n`),
    json: json(2),
    ndjson: json(),
  };
};

const render = (text: Text, paint: Paint, redactor: Redactor): string =>
  spansOf(text)
    .map(({ text: part, style, breaks }) => {
      const safe = clean(redactor.redact(part), { lines: breaks === true, tabs: breaks === true });
      return paint(style, safe);
    })
    .join('');

const isCi = (env: TerminalOptions['env']): boolean => Boolean(env['CI']) && env['CI'] !== 'false' && env['CI'] !== '0';

/** Narrower than this nothing can be laid out; the terminal wraps it. */
const leastColumns = 40;
const columnsOf = (stream: Output): number | undefined =>
  stream.isTTY && stream.columns ? Math.max(stream.columns, leastColumns) : undefined;
const columnsFrom = (env: TerminalOptions['env']): number | undefined => {
  const columns = Number(env['COLUMNS']);
  return Number.isInteger(columns) && columns > 0 ? Math.max(columns, leastColumns) : undefined;
};

/** Standard input, opened when somebody wants to read: most commands never do, and opening it takes its time. */
const openInput = (input: () => Input) => {
  let opened: Input | undefined;
  return (): Input => {
    // A terminal that hangs up makes its reader fail: whoever reads notices, nobody must crash.
    opened ??= input().on('error', () => undefined);
    return opened;
  };
};

/** A stream that may end under our hands: after that, writing to it does nothing. EPIPE and EIO are the reader's business. */
const openOutput = (stream: Output, failed: (error: Error) => void) => {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const first = open;
    open = false;
    if (first && error.code !== 'EPIPE' && error.code !== 'EIO') failed(error);
  });
  return {
    write: (text: string) => {
      if (open && stream.writable) stream.write(text);
    },
    flush: () =>
      new Promise<void>((resolve) => {
        if (open && stream.writable) stream.write('', () => resolve());
        else resolve();
      }),
  };
};

/** Writes at once, or at the end of `together` what came within it. The two streams keep their common order. */
const gather = <Target>(put: (target: Target, text: string) => void) => {
  let held: { readonly target: Target; readonly text: string } | undefined;
  let depth = 0;
  const release = () => {
    const now = held;
    held = undefined;
    if (now) put(now.target, now.text);
  };
  return {
    write: (target: Target, text: string) => {
      if (held && held.target !== target) release();
      if (depth === 0) put(target, text);
      else held = { target, text: (held?.text ?? '') + text };
    },
    together: (work: () => void) => {
      depth += 1;
      try {
        work();
      } finally {
        depth -= 1;
        if (depth === 0) release();
      }
    },
  };
};

const trackRegion = () => {
  let region: Region | undefined;
  let holds = 0;
  const visible = () => (holds === 0 ? region : undefined);
  return {
    around: (write: () => void) => {
      visible()?.hide();
      write();
      visible()?.show();
    },
    keepBelow: (added: Region) => {
      region = added;
      return () => {
        if (region === added) region = undefined;
      };
    },
    hold: () => {
      visible()?.hide();
      holds += 1;
      let released = false;
      return () => {
        if (released) return;
        released = true;
        holds -= 1;
        visible()?.show();
      };
    },
  };
};
