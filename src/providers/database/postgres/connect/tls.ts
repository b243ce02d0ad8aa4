import { statSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { RunbookError } from '../../../../engine/errors.ts';
import { readPlainText, whyUnreadable } from '../../../../files/plain-file.ts';
import type { ConnectionParameters, Host } from '../parameters/parameters.ts';
import { isSocket } from '../parameters/parameters.ts';

/** One way to try: `false` is without encryption. */
export type Attempt = false | ConnectionOptions;

/**
 * What `sslmode` means, as libpq has it: which ways to try, in which order. `prefer` and `allow` fall back; `require`
 * encrypts without asking to whom; `verify-ca` asks for the authority's signature; `verify-full` for the name too.
 * Errors: `usage` where a file cannot be read.
 */
export const attemptsFor = (parameters: ConnectionParameters, host: Host): readonly Attempt[] => {
  const { sslmode } = parameters;
  if (isSocket(host) || sslmode === 'disable') return [false];
  const encrypted: ConnectionOptions = {
    ...filesOf(parameters),
    ...verificationOf(sslmode),
    ...versionsOf(parameters),
  };
  if (sslmode === 'prefer') return [encrypted, false];
  if (sslmode === 'allow') return [false, encrypted];
  return [encrypted];
};

const verificationOf = (sslmode: ConnectionParameters['sslmode']): ConnectionOptions => {
  if (sslmode === 'verify-full') return {};
  if (sslmode === 'verify-ca') return { checkServerIdentity: () => undefined };
  // Without the authorities, which nobody asks here: to read all that Node brings takes longer than the rest.
  return { rejectUnauthorized: false, ca: [] };
};

const versionsOf = ({ minTls, maxTls }: ConnectionParameters): ConnectionOptions => ({
  ...(minTls !== undefined && { minVersion: minTls }),
  ...(maxTls !== undefined && { maxVersion: maxTls }),
});

const filesOf = (parameters: ConnectionParameters): ConnectionOptions => {
  const { sslrootcert, sslcert, sslkey, sslcrl, sslpassword } = parameters;
  const hasClientCertificate = sslcert !== undefined && sslkey !== undefined;
  if (hasClientCertificate && process.platform !== 'win32') requirePrivate(sslkey);
  return {
    ...(sslrootcert !== undefined && { ca: read('sslrootcert', sslrootcert) }),
    ...(sslcrl !== undefined && { crl: read('sslcrl', sslcrl) }),
    ...(hasClientCertificate && { cert: read('sslcert', sslcert), key: read('sslkey', sslkey) }),
    ...(sslpassword !== undefined && { passphrase: sslpassword }),
  };
};

/** A bundle of all authorities has a quarter of a megabyte. */
const largestFile = 4 * 1024 * 1024;

const read = (name: string, path: string): string => {
  try {
    return readPlainText(path, { largest: largestFile });
  } catch (error) {
    throw new RunbookError('usage', `cannot read ${name} of the database (${path}): ${whyUnreadable(error)}`, {
      cause: error,
    });
  }
};

/** Others may not read a private key; root's own may be read by a group. */
const requirePrivate = (path: string): void => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || (found.mode & (found.uid === 0 ? 0o037 : 0o077)) === 0) return;
  throw new RunbookError('usage', `The private key ${path} may be read by others; it is not used.`, {
    next: [`chmod 600 ${path}`],
  });
};
