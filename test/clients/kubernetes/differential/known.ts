import type { Outcome } from './readings.ts';

/**
 * Where two readings of one kubeconfig differ, and why that is meant or accepted: docs/decisions/kubernetes-client.md. What is
 * not listed here is a failure of the test.
 */
export interface Known {
  readonly why: string;
  readonly is: (kubectl: Outcome, other: Outcome, fields: readonly string[]) => boolean;
}

const kubectlFails =
  (pattern: RegExp): Known['is'] =>
  ({ failed }, other) =>
    failed !== undefined && other.failed === undefined && pattern.test(failed);
const otherFails =
  (pattern: RegExp): Known['is'] =>
  ({ failed }, other) =>
    failed === undefined && other.failed !== undefined && pattern.test(other.failed);

export const ours: readonly Known[] = [
  {
    why: 'data beside a file: kubectl refuses, saying that the data would win; we take the data',
    is: kubectlFails(/are both specified/),
  },
  {
    why: 'a user without credentials: kubectl asks for a name and a password at the terminal; we ask the server as nobody',
    is: kubectlFails(/^error: EOF$/),
  },
  {
    why: 'an entry that the context does not lead to is broken: kubectl refuses the whole file',
    is: kubectlFails(/error loading config file .*(?:illegal base64|cannot unmarshal)/),
  },
  {
    why: 'a plugin that is not asked is not as it must be: kubectl refuses; we do not look at it',
    is: kubectlFails(/exec plugin: invalid apiVersion|must be specified for .* to use exec|invalid interactiveMode/),
  },
  {
    why: 'two kinds of credentials for a server without TLS, which get neither: kubectl refuses',
    is: (kubectl, other, fields) =>
      other.server?.startsWith('http:') === true &&
      kubectlFails(/more than one authentication/)(kubectl, other, fields),
  },
  {
    why: 'insecure-skip-tls-verify: we refuse, because anyone could play the cluster',
    is: otherFails(/^refused: .* has insecure-skip-tls-verify/),
  },
  {
    why: 'a server without https:// or http://: kubectl guesses which; we refuse',
    is: otherFails(/^usage: .* is not an http\(s\) URL/),
  },
  {
    why: 'a token file that cannot be read beside a token: kubectl falls back to the token, which may be older; we say so',
    is: otherFails(/^usage: (?:cannot read the token file|the token file .* is empty)/),
  },
  {
    why: 'an exec plugin that insists on a terminal: rb does not lend it',
    is: otherFails(/wants to ask at the terminal/),
  },
];

const only =
  (...expected: readonly string[]): Known['is'] =>
  (kubectl, other, fields) =>
    kubectl.failed === undefined &&
    other.failed === undefined &&
    fields.length > 0 &&
    fields.every((field) => expected.includes(field));

export const theLibrary: readonly Known[] = [
  { why: 'files with an entry of the same name: the library refuses; the first wins', is: otherFails(/^Duplicate /) },
  {
    why: 'relative paths of exec plugins: the library starts them from the working directory',
    is: otherFails(/^spawn .*ENOENT/),
  },
  {
    why: 'a file of KUBECONFIG that is not there: the library fails; it is passed over',
    is: otherFails(/^ENOENT.*not-there'/),
  },
  {
    why: 'an incomplete entry that the context does not lead to: the library refuses the whole file',
    is: otherFails(/ is missing$/),
  },
  {
    why: 'a server without TLS: the library wants insecure-skip-tls-verify',
    is: otherFails(/^HTTP protocol is not allowed/),
  },
  { why: 'a proxy that kubectl takes', is: otherFails(/^Unsupported proxy type/) },
  { why: 'a configuration that kubectl refuses, and the library does not look at', is: kubectlFails(/./) },
  {
    why: 'authorization: no tokenFile, no KUBERNETES_EXEC_INFO, Basic or a certificate beside a plugin',
    is: only('authorization'),
  },
  { why: 'impersonation: the user alone, no groups, uid or extra; also an empty one', is: only('impersonation') },
  { why: 'a file wins over data: of the authority', is: only('ca') },
  { why: 'certificates are sent, or not, otherwise', is: only('certificate') },
  { why: 'several of these', is: only('authorization', 'impersonation', 'ca', 'certificate', 'serverName') },
];
