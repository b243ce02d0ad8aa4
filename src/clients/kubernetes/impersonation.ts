import { broken, isFields, textIn } from './kubeconfig-file.ts';
import type { Entry } from './kubeconfig-file.ts';

/**
 * The headers of a user entry that acts as somebody else.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export const impersonation = (user: Entry): Readonly<Record<string, string | readonly string[]>> => {
  const name = textIn(user, 'as');
  const uid = textIn(user, 'as-uid');
  const groups = textsIn(user, user.fields['as-groups'] ?? [], 'as-groups');
  const extra = user.fields['as-user-extra'] ?? {};
  if (!isFields(extra)) throw broken(user.file, `as-user-extra of ${user.name} is not a mapping`);
  return {
    ...(name === undefined ? {} : { 'impersonate-user': name }),
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key)}`,
        textsIn(user, values, `as-user-extra ${key}`),
      ]),
    ),
  };
};

const textsIn = (user: Entry, value: unknown, field: string): readonly string[] => {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw broken(user.file, `${field} of ${user.name} is not a list of texts`);
};
