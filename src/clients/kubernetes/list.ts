import { inBytes, limits } from '../peer/limits.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import { isStatus } from './failure.ts';
import type { Page } from './port.ts';
import type { Query } from './paths.ts';

/** A page of pods with everything in it is a few MiB. */
const pageSize = 250;

/** One page, as the server sends it. */
export interface List<Item> {
  /** Null: none. */
  readonly items: readonly Item[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/** With the length of its JSON. */
export interface Sized<Value> {
  readonly value: Value;
  readonly length: number;
}

type AskPage<Item> = (query: Query) => Promise<Sized<List<Item>>>;

/**
 * All pages of a list; `ask` reads one. A resource that the cluster does not know is an empty page with `resourceVersion` ''.
 * Errors: `UnusableAnswer` for more than `limits.kubernetes` allows.
 */
export const readAll = async <Item>(ask: AskPage<Item>): Promise<Page<Item>> => {
  try {
    return await pageByPage(ask);
  } catch (error) {
    if (isStatus(error, 404)) return { items: [], resourceVersion: '' };
    // It took so long that the server has forgotten where the pages began: then all of them at once.
    if (isStatus(error, 410)) return pageOf((await ask({})).value);
    throw error;
  }
};

const pageByPage = async <Item>(ask: AskPage<Item>): Promise<Page<Item>> => {
  const { pages, items: mostItems, listBytes } = limits.kubernetes;
  const items: Item[] = [];
  let bytes = 0;
  let from: string | undefined;
  for (let number = 1; number <= pages; number++) {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    const { value, length } = await ask({ limit: pageSize, continue: from });
    const page = pageOf(value);
    for (const item of page.items) items.push(item);
    bytes += length;
    if (items.length > mostItems) throw new UnusableAnswer(`answers with a list of more than ${mostItems} objects`);
    if (bytes > listBytes) throw new UnusableAnswer(`answers with a list of more than ${inBytes(listBytes)}`);
    from = value.metadata?.continue;
    if (from === undefined || from === '') return { items, resourceVersion: page.resourceVersion };
  }
  throw new UnusableAnswer(`answers with a list of more than ${pages} pages`);
};

const pageOf = <Item>({ items, metadata }: List<Item>): Page<Item> => ({
  items: items ?? [],
  resourceVersion: metadata?.resourceVersion ?? '',
});
