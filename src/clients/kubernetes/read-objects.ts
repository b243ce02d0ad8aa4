import { textOf } from '../http/body.ts';
import type { Incoming } from '../http/transport.ts';
import { parseCounted, parseJson } from '../peer/json.ts';
import { inBytes, limits } from '../peer/limits.ts';
import { fields, listOf, nullable, optional, type Shape, text } from '../peer/shape.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import { isStatus, notKubernetes } from './failure.ts';
import type { Page, Resource } from './port.ts';
import { type Location, type Query, shownLocation } from './request.ts';

/** Waits until something large may be read. */
type Large = () => Promise<void>;

/** The object in an answer, which the caller knows the type of. Errors: `UnusableAnswer` where it is none, or not of the shape that its resource has. */
export const readObject =
  <Item>(location: Location, large?: Large) =>
  async (answer: Incoming): Promise<Item> => {
    const value: Item = parseJson(await textOf(answer, large && { large }), expectedIn(answer));
    const { of, subresource } = location;
    requireFit(value, (subresource === undefined ? of.shape : undefined) ?? anyObject, location);
    return value;
  };

/** Whatever object there is in an answer. */
export const readAny = <Item>(location: Location) =>
  readObject<Item>({ ...location, of: { api: location.of.api, plural: location.of.plural } });

/** A page of a list. Errors: the same. */
export const readPage =
  <Item>(location: Location, large: Large) =>
  async (answer: Incoming): Promise<Sized<List<Item>>> => {
    const body = await textOf(answer, { large });
    const page = parseCounted(body, expectedIn(answer));
    requireFit(page.value, pageShapeOf(location.of), location);
    return { ...page, length: body.length };
  };

const expectedIn = ({ headers }: Incoming): string => notKubernetes(headers['content-type']);

/** Errors: `UnusableAnswer` that names the place in it. */
export const requireFit = (value: unknown, shape: Shape<object>, location: Location): void => {
  const misfit = shape.misfit(value, '');
  if (misfit !== undefined)
    throw new UnusableAnswer(`answers with ${shownLocation(location)} that cannot be read: ${misfit}`);
};

export const anyObject = fields({});
const listMeta = fields({ resourceVersion: optional(text), continue: optional(text) });
const pageShapes = new WeakMap<Resource, Shape<object>>();
const pageShapeOf = (of: Resource): Shape<object> => {
  const known = pageShapes.get(of);
  if (known) return known;
  const page = fields({ items: nullable(listOf(of.shape ?? anyObject)), metadata: optional(listMeta) });
  pageShapes.set(of, page);
  return page;
};

/** A page of pods with everything in it is a few MiB. */
const pageSize = 250;

/** One page, as the server sends it. */
interface List<Item> {
  /** Null: none. */
  readonly items: readonly Item[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

/** With the length of its JSON, and the entries in it. */
interface Sized<Value> {
  readonly value: Value;
  readonly length: number;
  readonly entries: number;
}

type AskPage<Item> = (query: Query) => Promise<Sized<List<Item>>>;

/**
 * All pages of a list; `ask` reads one, and `large` is waited for where many are small. A resource that the cluster does not know is an empty page with `resourceVersion` ''.
 * Errors: `UnusableAnswer` for more than `limits.kubernetes` allows.
 */
export const readAll = async <Item>(ask: AskPage<Item>, large: Large): Promise<Page<Item>> => {
  try {
    return await pageByPage(ask, large);
  } catch (error) {
    if (isStatus(error, 404)) return { items: [], resourceVersion: '' };
    // It took so long that the server has forgotten where the pages began: then all of them at once.
    if (isStatus(error, 410)) return pageOf((await ask({})).value);
    throw error;
  }
};

const pageByPage = async <Item>(ask: AskPage<Item>, large: Large): Promise<Page<Item>> => {
  const { pages, items: mostItems, listBytes, listEntries } = limits.kubernetes;
  const items: Item[] = [];
  let bytes = 0;
  let allEntries = 0;
  let from: string | undefined;
  for (let number = 1; number <= pages; number++) {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    if (bytes > limits.http.small) await large();
    // oxlint-disable-next-line no-await-in-loop
    const { value, length, entries } = await ask({ limit: pageSize, continue: from });
    const page = pageOf(value);
    for (const item of page.items) items.push(item);
    bytes += length;
    allEntries += entries;
    if (items.length > mostItems) throw new UnusableAnswer(`answers with a list of more than ${mostItems} objects`);
    if (bytes > listBytes) throw new UnusableAnswer(`answers with a list of more than ${inBytes(listBytes)}`);
    if (allEntries > listEntries) throw new UnusableAnswer(`answers with a list of more than ${listEntries} entries`);
    from = value.metadata?.continue;
    if (from === undefined || from === '') return { items, resourceVersion: page.resourceVersion };
  }
  throw new UnusableAnswer(`answers with a list of more than ${pages} pages`);
};

const pageOf = <Item>({ items, metadata }: List<Item>): Page<Item> => ({
  items: items ?? [],
  resourceVersion: metadata?.resourceVersion ?? '',
});
