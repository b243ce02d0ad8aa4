import { codeOf, RunbookError } from '../../engine/errors.ts';
import { readPlainFile, whyUnreadable } from '../../files/plain-file.ts';
import { noConfig } from './find.ts';

/** The text of a configuration, and the file that it was read from: both through one descriptor, so that they belong together. */
export interface ConfigSource {
  readonly text: string;
  readonly uid: number;
  readonly mode: number;
  /** Which file it was, and when it was last changed, by the kernel's clock. */
  readonly identity: string;
}

/** Far above any configuration, and small enough for the memory. */
const largest = 1024 * 1024;

/** Errors: `usage`; `file` is how the file is called in messages. */
export const readSource = (path: string, file: string): ConfigSource => {
  const failed = (why: string, cause?: unknown) =>
    new RunbookError('usage', `cannot read ${file}: ${why}`, { next: [`ls -l ${file}`], cause });
  try {
    const { bytes, stat } = readPlainFile(path, { largest });
    const { dev, ino, uid, mode, ctimeNs } = stat;
    return {
      text: new TextDecoder('utf-8', { fatal: true }).decode(bytes),
      uid: Number(uid),
      mode: Number(mode),
      identity: [dev, ino, uid, ctimeNs].join(' '),
    };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw noConfig(`${file}: no such file`, file);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw failed('it is not UTF-8 text', error);
    throw failed(whyUnreadable(error), error);
  }
};
