import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, type Issued } from '../stack/certificates.ts';

/** The certificate of the TLS endpoint, from a CA of the sandbox's own. */
export interface Tls {
  /** The certificate that was issued last. */
  newest(): Issued;
  /** Issues another one and returns the path of its file. */
  renew(days: number): Promise<string>;
}

const firstDays = 90;

/** Creates the CA and the first certificate, and writes `ca.pem`, `certificate.pem` and `key.pem` (0600) into `directory`. */
export const prepareTls = async (directory: string): Promise<Tls> => {
  mkdirSync(directory, { recursive: true });
  const authority = await createAuthority(Date.now);
  writeFileSync(join(directory, 'ca.pem'), authority.certificate);
  const path = join(directory, 'certificate.pem');
  const issue = async (days: number): Promise<Issued> => {
    const issued = await authority.issue(days);
    writeFileSync(path, issued.certificate);
    writeFileSync(join(directory, 'key.pem'), issued.key, { mode: 0o600 });
    return issued;
  };
  let newest = await issue(firstDays);
  return {
    newest: () => newest,
    renew: async (days) => {
      newest = await issue(days);
      return path;
    },
  };
};
