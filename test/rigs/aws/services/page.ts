import { AwsError } from '../protocol/aws-error.ts';

/** One page of a list. Tokens are opaque to the caller. Errors: InvalidParameterException for a token that was not given out. */
export const page = <Item>(
  items: readonly Item[],
  size: number,
  token: string | undefined,
): { items: readonly Item[]; next: string | undefined } => {
  const from = token === undefined ? 0 : Number(/^page-(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1]);
  if (Number.isNaN(from)) throw new AwsError('InvalidParameterException', 'Invalid token.');
  const to = from + size;
  return {
    items: items.slice(from, to),
    next: to < items.length ? Buffer.from(`page-${to}`).toString('base64url') : undefined,
  };
};
