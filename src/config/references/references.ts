import { resolve as resolvePath } from 'node:path';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import { readPlainText, whyUnreadable } from '../../files/plain-file.ts';
import { keyPath } from '../file/key-path.ts';
import { parseReferences, splitWords } from './reference-syntax.ts';
import type { Reference } from './reference-syntax.ts';
import type { Redactor } from '../secrets/redaction.ts';
import { runReferenceCommand } from './reference-command.ts';
import type { RunCommand } from './reference-command.ts';
import { passwordsIn } from '../secrets/secret-keys.ts';
import { decoded } from '../secrets/url-password.ts';

export interface SecretsDependencies {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin and commands run: the configuration's directory. */
  readonly directory: string;
  readonly redactor: Pick<Redactor, 'add'>;
  /** Runs the command of a `${command:...}`; by default without a shell, with the whole of `env`, for at most 30 s. */
  readonly runCommand?: RunCommand;
}

export interface Secrets {
  /**
   * The value with every reference in it replaced by what it stands for; also in lists and mappings. Each reference is
   * looked up once, when it is first asked for, and its value is registered with the redactor before it is returned. `at`
   * is the key of the value in the configuration, for errors.
   * Errors: `usage`, naming the reference and the key, never a value.
   */
  resolve<T>(value: T, at?: string): Promise<T>;
}

/** No password is longer; a log file that is named by mistake is. */
const largestFile = 64 * 1024;

export const createSecrets = ({
  env,
  directory,
  redactor,
  runCommand = runReferenceCommand,
}: SecretsDependencies): Secrets => {
  const known = new Map<string, Promise<string>>();

  const read = async (reference: Reference): Promise<string> => {
    if (reference.fault !== undefined) throw new Error(reference.fault);
    if (reference.kind === 'env') return variable(env, reference.target);
    if (reference.kind === 'file') return contents(resolvePath(directory, reference.target));
    return runCommand(splitWords(reference.target), { cwd: directory, env });
  };

  const lookUp = async (reference: Reference): Promise<string> => {
    const value = withoutLastLineBreak(await read(reference));
    if (value === '') throw new Error('it is empty');
    redactor.add(reference.name, value);
    registerPasswords(redactor, reference.name, value);
    return value;
  };

  const once = (reference: Reference): Promise<string> => {
    const pending = known.get(reference.name) ?? lookUp(reference);
    known.set(reference.name, pending);
    // What failed may be mended and asked for again: a token that was renewed in another window.
    pending.catch(() => known.delete(reference.name));
    return pending;
  };

  const resolveText = async (text: string, at: string): Promise<string> => {
    const parts = parseReferences(text).map(async (part) => {
      if (typeof part === 'string') return part;
      return once(part).catch((error: unknown) => {
        throw unresolved(part, at, error);
      });
    });
    const resolved = (await Promise.all(parts)).join('');
    registerPasswords(redactor, at === '' ? 'url' : at, resolved);
    return resolved;
  };

  const resolveAny = async (value: unknown, at: string): Promise<unknown> => {
    if (typeof value === 'string') return resolveText(value, at);
    if (Array.isArray(value)) return Promise.all(value.map((item, index) => resolveAny(item, keyPath([index], at))));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(
      async ([key, inner]) => [key, await resolveAny(inner, keyPath([key], at))] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };

  return {
    resolve: async <T>(value: T, at = '') =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- texts become texts, and everything else stays what it is
      (await resolveAny(value, at)) as T,
  };
};

/** Registers the passwords of addresses in a text, as they are written and decoded. */
export const registerPasswords = (redactor: Pick<Redactor, 'add'>, name: string, text: string): void => {
  for (const password of passwordsIn(text))
    for (const spelled of new Set([password, decoded(password)])) redactor.add(name, spelled);
};

const variable = (env: SecretsDependencies['env'], name: string): string => {
  // `process.env` inherits what every object does.
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) throw new Error(`the environment variable ${name} is not set`);
  if (value === '') throw new Error(`the environment variable ${name} is empty`);
  return value;
};

/** Not by `node:fs/promises`: to load it takes ten times as long as to read a secret. */
const contents = (path: string): string => {
  try {
    return readPlainText(path, { largest: largestFile });
  } catch (error) {
    throw new Error(`${path}: ${whyUnreadable(error)}`, { cause: error });
  }
};

/** Editors and programs end a text with a line break that is not part of the secret. */
const withoutLastLineBreak = (text: string): string => text.replace(/\r?\n$/, '');

const unresolved = (reference: Reference, at: string, error: unknown): RunbookError => {
  const where = at === '' ? '' : ` at ${at}`;
  return new RunbookError('usage', `cannot resolve \${${reference.name}}${where}: ${messageOf(error)}`, {
    next: [mend(reference)],
    cause: error,
  });
};

const mend = ({ kind, target, fault }: Reference): string => {
  if (fault !== undefined) return 'correct the reference in the configuration';
  if (kind === 'env') return `set the environment variable ${target}`;
  if (kind === 'file') return `write the secret to ${target} (a relative path begins at the configuration's directory)`;
  return `try it by hand: ${target}`;
};
