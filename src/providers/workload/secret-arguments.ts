const secretArgument = /(--?[\w.-]*(?:pass|secret|token|key|credential|auth|dsn)[\w.-]*=)[^\s"',]+/gi;

/** A command line, or a part of one, without the values that its options name as secret: `--db-password=(not shown)`. */
export const withoutSecretArguments = (text: string): string => text.replaceAll(secretArgument, '$1(not shown)');
