import { codeOf } from '../../../../engine/errors.ts';
import { readPlainFile } from '../../../../files/plain-file.ts';

export interface Wanted {
  /** A socket's directory is `localhost` here where it is the standard one. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

export type PasswordFile =
  | { readonly password: string }
  /** Why there is none: a file that others may read is left alone, as libpq does. */
  | {
      readonly password: undefined;
      readonly because: 'no such file' | 'no such line' | 'others may read it' | 'not a file';
    };

const largest = 1024 * 1024;

/** Looks into a password file: lines of `host:port:database:user:password`, in which `*` is anything. The first that fits counts. */
export const passwordFrom = (file: string, wanted: Wanted): PasswordFile => {
  let text: string;
  try {
    const { bytes, stat } = readPlainFile(file, { largest });
    if (process.platform !== 'win32' && (stat.mode & 0o077n) !== 0n)
      return { password: undefined, because: 'others may read it' };
    text = bytes.toString('utf8');
  } catch (error) {
    return { password: undefined, because: codeOf(error) === undefined ? 'not a file' : 'no such file' };
  }
  const fields = [wanted.host, String(wanted.port), wanted.database, wanted.user];
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const parts = partsOf(line);
    if (parts.length === 5 && fields.every((field, index) => parts[index] === '*' || unescape(parts[index]) === field))
      return { password: unescape(parts[4]) };
  }
  return { password: undefined, because: 'no such line' };
};

/** Four fields, and the rest of the line; a backslash takes the meaning from the character after it. */
const partsOf = (line: string): readonly string[] => {
  const parts: string[] = [''];
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index] ?? '';
    if (character === ':' && parts.length < 5) parts.push('');
    else if (character === '\\') parts[parts.length - 1] += character + (line[(index += 1)] ?? '');
    else parts[parts.length - 1] += character;
  }
  return parts;
};

const unescape = (field: string = ''): string => field.replaceAll(/\\(.)/g, '$1');
