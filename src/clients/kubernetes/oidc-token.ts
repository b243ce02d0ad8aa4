import { RunbookError } from '../../engine/errors.ts';
import { isFields } from './kubeconfig-file.ts';
import type { Fields } from './kubeconfig-file.ts';

/** The ID token that `kubectl` keeps in the entry of an OIDC user. Errors: `unreachable` where there is none, or it has run out. */
export const idTokenIn = (provider: Fields, owner: string, renewal: readonly string[], now: Date): string => {
  const config = isFields(provider['config']) ? provider['config'] : {};
  const token = config['id-token'];
  if (typeof token !== 'string' || token === '')
    throw new RunbookError('unreachable', `${owner} is not logged in (OIDC)`, { next: renewal });
  const expires = expiryOf(token);
  if (expires !== undefined && now >= expires)
    throw new RunbookError('unreachable', `the login of ${owner} (OIDC) expired at ${expires.toISOString()}`, {
      next: renewal,
    });
  return token;
};

/** `exp` of a JSON Web Token (RFC 7519); undefined where it says none. Whether it is genuine is the server's question. */
const expiryOf = (token: string): Date | undefined => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const seconds = isFields(claims) ? claims['exp'] : undefined;
    return typeof seconds === 'number' ? new Date(seconds * 1000) : undefined;
  } catch {
    return undefined;
  }
};
