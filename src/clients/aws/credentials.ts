/** What is wrong with the credentials, and how to get good ones; undefined where they are not the problem. `rb` never asks for a code or a password. */
export const credentialProblem = (
  { code, said }: { readonly code: string; readonly said: string },
  { profile }: { readonly profile?: string | undefined },
): { readonly message: string; readonly next: readonly string[] } | undefined => {
  const who = profile === undefined ? 'the AWS credentials' : `the AWS profile ${profile}`;
  const option = profile === undefined ? '' : ` --profile ${profile}`;
  if (/multi-factor|\bMFA\b/i.test(said) && (code.endsWith('ProviderError') || /AssumeRole/.test(said)))
    return {
      message: `${who} needs an MFA code, and rb does not ask for one: ${said}`,
      next: [
        `aws sts get-caller-identity${option}   (asks for the code; the AWS CLI keeps what it gets)`,
        `then let workload.profile name a profile with: credential_process = aws configure export-credentials${option}`,
      ],
    };
  const sso = /\bSSO\b|sso login|session token not found or invalid/i.test(said);
  if (sso && (code.endsWith('ProviderError') || code === 'UnauthorizedException' || code === 'InvalidGrantException'))
    return { message: `the SSO session of ${who} is over: ${said}`, next: [`aws sso login${option}`] };
  if (code.endsWith('ProviderError'))
    return {
      message: `${who} cannot be used: ${said}`,
      next: [`aws sts get-caller-identity${option}   (whether the AWS CLI finds credentials)`],
    };
  if (stale.has(code))
    return {
      message: `${who}: AWS does not take ${profile === undefined ? 'them' : 'its credentials'} (${code}): ${said}`,
      next: [`renew them, then: aws sts get-caller-identity${option}`],
    };
  return undefined;
};

const stale = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'AuthFailure',
  'OptInRequired',
]);
