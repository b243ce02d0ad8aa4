import { isStatus } from './failure.ts';
import type { Page } from './port.ts';
import type { Query } from './paths.ts';

const pageSize = 500;

/** One page, as the server sends it. */
export interface List<Item> {
  readonly items?: readonly Item[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/** All pages of a list; `ask` reads one. A resource that the cluster does not know is an empty page with `resourceVersion` ''. */
export const readAll = async <Item>(ask: (query: Query) => Promise<List<Item>>): Promise<Page<Item>> => {
  try {
    return await pageByPage(ask);
  } catch (error) {
    if (isStatus(error, 404)) return { items: [], resourceVersion: '' };
    // It took so long that the server has forgotten where the pages began: then all of them at once.
    if (isStatus(error, 410)) return pageOf(await ask({}));
    throw error;
  }
};

const pageByPage = async <Item>(ask: (query: Query) => Promise<List<Item>>): Promise<Page<Item>> => {
  let all = pageOf<Item>({});
  for (let from: string | undefined; ;) {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    const list = await ask({ limit: pageSize, continue: from });
    const page = pageOf(list);
    all = {
      items: all.items.length === 0 ? page.items : [...all.items, ...page.items],
      resourceVersion: page.resourceVersion,
    };
    from = list.metadata?.continue;
    if (from === undefined || from === '') return all;
  }
};

const pageOf = <Item>({ items, metadata }: List<Item>): Page<Item> => ({
  items: items ?? [],
  resourceVersion: metadata?.resourceVersion ?? '',
});
