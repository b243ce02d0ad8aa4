import { RunbookError } from '../../engine/errors.ts';
import { limits } from '../peer/limits.ts';

/** One page, and the token of the next one where there is one. */
interface AwsPage<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/**
 * Page after page. An empty page with a token is not the end; a page after `limit` items is not asked for.
 * Errors: `unreachable` for more than `limits.aws` allows.
 */
export const pages = async <Item>(
  ask: (token: { readonly nextToken?: string }) => Promise<AwsPage<Item>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly Item[]> => {
  const { pages: mostPages, items: mostItems } = limits.aws;
  const all: Item[] = [];
  let token: { readonly nextToken?: string } = {};
  for (let number = 1; number <= mostPages; number++) {
    // oxlint-disable-next-line no-await-in-loop -- a page names the one after it
    const { items, next } = await ask(token);
    for (const item of items) all.push(item);
    if (all.length > mostItems)
      throw new RunbookError('unreachable', `AWS answers with a list of more than ${mostItems} entries`);
    if (next === undefined || next === '' || all.length >= limit) return all.slice(0, limit);
    token = { nextToken: next };
  }
  throw new RunbookError('unreachable', `AWS answers with a list of more than ${mostPages} pages`);
};
