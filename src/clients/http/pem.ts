import { createHash, X509Certificate } from 'node:crypto';
import { RunbookError } from '../../engine/errors.ts';
import { readPlainText, whyUnreadable } from '../../files/plain-file.ts';

/** Small files that are named in a configuration: certificates, keys, tokens. Errors: `usage`, naming the file, never what is in it. */
export const fileText = (path: string, what: string): string => {
  try {
    return readPlainText(path, { largest: 4 * 1024 * 1024 });
  } catch (error) {
    throw new RunbookError('usage', `cannot read ${what} (${path}): ${whyUnreadable(error)}`, {
      next: [`ls -l ${path}`],
    });
  }
};

/** Is there a whole certificate or key in it, whatever else? */
export const isPem = (text: string): boolean => blocksIn(text).length > 0;

/** SHA-256 in hex, of which the first 16 characters, over the certificates; how they are wrapped into lines does not matter. */
export const fingerprintOf = (ca: string | undefined): string =>
  ca === undefined
    ? 'system'
    : createHash('sha256').update(blocksIn(ca).map(withoutSpace).join('\n')).digest('hex').slice(0, 16);

/** Errors: `usage` where it is not one; `unreachable` where the certificate has run out, or is not valid yet by this machine's clock. */
export const checkValidity = (
  cert: string,
  { owner, renewal, now }: { readonly owner: string; readonly renewal: readonly string[]; readonly now: Date },
): void => {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    throw new RunbookError('usage', `the client certificate of ${owner} is not a certificate`, {
      next: renewal,
    });
  }
  const from = new Date(certificate.validFrom);
  const to = new Date(certificate.validTo);
  if (now > to)
    throw new RunbookError('unreachable', `the client certificate of ${owner} expired on ${to.toISOString()}`, {
      next: renewal,
    });
  if (now < from)
    throw new RunbookError('unreachable', `the client certificate of ${owner} is valid from ${from.toISOString()} on`, {
      next: ['check the clock of this machine: date -u'],
    });
};

const blocksIn = (text: string): readonly string[] => {
  const blocks: string[] = [];
  for (let begin = text.indexOf('-----BEGIN '); begin >= 0; begin = text.indexOf('-----BEGIN ', begin + 1)) {
    const end = text.indexOf('-----END ', begin);
    const close = end < 0 ? -1 : text.indexOf('-----', end + 9);
    if (close < 0) break;
    blocks.push(text.slice(begin, close + 5));
    begin = close;
  }
  return blocks;
};

const withoutSpace = (block: string): string => block.replaceAll(/\s+/g, '');
