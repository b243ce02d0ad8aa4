import type { Clock } from '../../engine/clock.ts';
import type { Json, JsonObject } from '../../engine/json.ts';
import { endOf } from '../http/body.ts';
import { openHttpClient } from '../http/client.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import type { Connection } from './connection.ts';
import { createConversation } from './conversation.ts';
import type { Sending } from './conversation.ts';
import { isStatus, unusableAnswer } from './failure.ts';
import type { Kubernetes, PatchType, Resource, Write } from './port.ts';
import { readAll, readAny, readObject, readPage } from './read-objects.ts';
import { createTurns } from '../http/turns.ts';
import { watchEvents } from './watch.ts';

export interface ClientDeps {
  readonly clock: Clock;
  /** How long a server may take to answer, to the end of the answer, in milliseconds. Default 30 s. */
  readonly readMs?: number;
  /** The same for changes. Default 60 s: then the server itself gives up. */
  readonly changeMs?: number;
  /** How long a connection may take until it stands. Default 10 s. */
  readonly connectMs?: number;
  /** As which program the server's audit log knows us. Default `rb`. */
  readonly userAgent?: string;
}

/** The fields that we set belong to this owner, in the eyes of the server. */
const fieldManager = 'rb';
const mostLogBytes = 1024 * 1024;

const patchTypes: Record<PatchType, string> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

/** The API server that a connection leads to. Nothing is sent before the first call. */
export const openKubernetes = (connection: Connection, deps: ClientDeps): Kubernetes => {
  const { namespace } = connection.identity;
  const converse = createConversation(connection, {
    send: openHttpClient(connection, { clock: deps.clock, connectMs: deps.connectMs ?? 10_000 }),
    readMs: deps.readMs ?? 30_000,
    changeMs: deps.changeMs ?? 60_000,
    userAgent: deps.userAgent ?? 'rb',
  });

  /** Large answers, and lists of them, take many times their length while they are read: not several at once. */
  const inTurn = createTurns();

  const read = <Item>(request: Omit<Sending, 'method' | 'changes'>) =>
    inTurn(request.signal, (large) =>
      converse({ ...request, method: 'GET', changes: false }, readObject<Item>(request.location, large)),
    );
  const change = <Item>(
    request: Pick<Sending, 'verb' | 'method' | 'location' | 'signal'> & Partial<Sending>,
    { dryRun = false }: Write,
    body?: { readonly type: string; readonly value: Json },
  ) =>
    converse(
      {
        ...request,
        query: { ...request.query, dryRun: dryRun ? 'All' : undefined },
        ...(body ? { contentType: body.type, body: JSON.stringify(body.value) } : {}),
        changes: !dryRun,
      },
      // What is deleted is answered with the object or with a Status, a rehearsal with an object that is not whole.
      request.method === 'DELETE' || dryRun ? readAny<Item>(request.location) : readObject<Item>(request.location),
    );
  const written = { fieldManager, fieldValidation: 'Strict' };

  const get = <Item>(...[of, name, { subresource, signal }]: Parameters<Kubernetes['get']>) =>
    read<Item>({ verb: 'get', location: { of, namespace, name, subresource }, signal });

  return {
    identity: connection.identity,
    get,
    find: async <Item>(...[of, name, ask]: Parameters<Kubernetes['find']>) => {
      try {
        return await get<Item>(of, name, ask);
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
    list: async <Item>(...[of, ask]: Parameters<Kubernetes['list']>) => {
      const { labelSelector, fieldSelector, signal } = ask;
      const request = { verb: 'list', method: 'GET', location: { of, namespace }, changes: false, signal } as const;
      try {
        return await inTurn(signal, (large) =>
          readAll(
            (query) =>
              converse(
                { ...request, query: { ...query, labelSelector, fieldSelector }, compressed: true },
                readPage<Item>(request.location, large),
              ),
            large,
          ),
        );
      } catch (error) {
        throw error instanceof UnusableAnswer ? unusableAnswer(error, request, connection) : error;
      }
    },
    watch: (of, ask) => watchEvents(converse, connection, of, ask),
    create: <Item>(of: Resource, body: JsonObject, ask: Parameters<Kubernetes['create']>[2]) =>
      change<Item>(
        {
          verb: 'create',
          method: 'POST',
          location: { of, namespace, name: ask.name, subresource: ask.subresource },
          query: written,
          signal: ask.signal,
        },
        ask,
        { type: 'application/json', value: body },
      ),
    patch: <Item>(of: Resource, name: string, body: Json, ask: Parameters<Kubernetes['patch']>[3]) =>
      change<Item>(
        {
          verb: 'patch',
          method: 'PATCH',
          location: { of, namespace, name, subresource: ask.subresource },
          query: written,
          signal: ask.signal,
        },
        ask,
        { type: patchTypes[ask.type], value: body },
      ),
    remove: async (of, name, ask) => {
      const query = { propagationPolicy: ask.propagation };
      await change(
        { verb: 'delete', method: 'DELETE', location: { of, namespace, name }, query, signal: ask.signal },
        ask,
      );
    },
    log: async (pod, { container, previous, tailLines, signal }) => {
      const location = { of: { api: 'v1', plural: 'pods' }, namespace, name: pod, subresource: 'log' };
      const query = { container, previous: previous ? true : undefined, tailLines };
      try {
        return await converse(
          { verb: 'get', method: 'GET', location, query, accept: '*/*', changes: false, signal },
          (answer) => endOf(answer, mostLogBytes),
        );
      } catch (error) {
        // 400: the container has not begun, or there is none before this one.
        if (isStatus(error, 404) || isStatus(error, 400)) return '';
        throw error;
      }
    },
  };
};
