import { parseJson } from '../peer/json.ts';
import { fields, listOf, nullable, optional, type Shape, text } from '../peer/shape.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import { textOf } from '../http/body.ts';
import { notKubernetes } from './broken-request.ts';
import type { List, Sized } from './list.ts';
import { type Location, shownLocation } from './paths.ts';
import type { Resource } from './port.ts';
import type { Incoming } from '../http/transport.ts';

/** The object in an answer, which the caller knows the type of. Errors: `UnusableAnswer` where it is none, or not of the shape that its resource has. */
export const readObject =
  <Item>(location: Location) =>
  async (answer: Incoming): Promise<Item> => {
    const { value } = await jsonIn<Item>(answer);
    const { of, subresource } = location;
    requireFit(value, (subresource === undefined ? of.shape : undefined) ?? anyObject, location);
    return value;
  };

/** Whatever object there is in an answer. */
export const readAny = <Item>(location: Location) =>
  readObject<Item>({ ...location, of: { api: location.of.api, plural: location.of.plural } });

/** A page of a list. Errors: the same. */
export const readPage =
  <Item>(location: Location) =>
  async (answer: Incoming): Promise<Sized<List<Item>>> => {
    const page = await jsonIn<List<Item>>(answer);
    requireFit(page.value, pageOf(location.of), location);
    return page;
  };

const jsonIn = async <Value>(answer: Incoming): Promise<Sized<Value>> => {
  const body = await textOf(answer);
  const value: Value = parseJson(body, notKubernetes(answer.headers['content-type']));
  return { value, length: body.length };
};

/** Errors: `UnusableAnswer` that names the place in it. */
export const requireFit = (value: unknown, shape: Shape<object>, location: Location): void => {
  const misfit = shape.misfit(value, '');
  if (misfit !== undefined)
    throw new UnusableAnswer(`answers with ${shownLocation(location)} that cannot be read: ${misfit}`);
};

export const anyObject = fields({});
const listMeta = fields({ resourceVersion: optional(text), continue: optional(text) });
const pages = new WeakMap<Resource, Shape<object>>();
const pageOf = (of: Resource): Shape<object> => {
  const known = pages.get(of);
  if (known) return known;
  const page = fields({ items: nullable(listOf(of.shape ?? anyObject)), metadata: optional(listMeta) });
  pages.set(of, page);
  return page;
};
