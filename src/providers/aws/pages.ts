/** One page, and the token of the next one where there is one. */
interface AwsPage<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** Page after page. An empty page with a token is not the end; a page after `limit` items is not asked for. */
export const pages = async <Item>(
  ask: (token: { readonly nextToken?: string }) => Promise<AwsPage<Item>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<readonly Item[]> => {
  const all: Item[] = [];
  let token: { readonly nextToken?: string } = {};
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a page names the one after it
    const { items, next } = await ask(token);
    all.push(...items);
    if (next === undefined || next === '' || all.length >= limit) return all.slice(0, limit);
    token = { nextToken: next };
  }
};
