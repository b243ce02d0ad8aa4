import { RunbookError } from '../../engine/errors.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Credential, Credentials } from './endpoint.ts';
import { fileText } from './pem.ts';

/** A token file is read again after this time, as every client of a cluster does: its token is replaced before it expires. */
const rereadMs = 60_000;

/** Credentials from a file that holds one token. Errors of `current`: `usage` where it cannot be read or is empty. */
export const fromTokenFile = (source: {
  readonly path: string;
  readonly owner: string;
  readonly clock: Clock;
  readonly withToken: (token: string) => Credential;
}): Credentials => {
  const { path, owner, clock, withToken } = source;
  let kept: { readonly credential: Credential; readonly at: number } | undefined;
  return {
    owner,
    renewal: [`put a new token into ${path}, then run the command again`],
    current: async () => {
      if (kept && clock.monotonic() - kept.at < rereadMs) return kept.credential;
      const token = fileText(path, `the token file of ${owner}`).trim();
      if (token === '') throw new RunbookError('usage', `the token file ${path} is empty`, { next: [`cat ${path}`] });
      kept = { credential: withToken(token), at: clock.monotonic() };
      return kept.credential;
    },
    refuse: (credential) => {
      if (kept?.credential === credential) kept = undefined;
    },
  };
};
