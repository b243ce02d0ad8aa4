import { answerFailure } from './answer-failure.ts';
import { linesOf } from './body.ts';
import { notKubernetes } from './broken-request.ts';
import type { Connection } from './connection.ts';
import type { Converse } from './conversation.ts';
import type { Ask, Resource, Selection, WatchEvent } from './port.ts';
import { Broken } from './transport.ts';

/** The server ends a watch after 5 to 10 minutes, so that not all clients come back at the same moment. */
const shortestMs = 300_000;
/** It sends a bookmark about once a minute; a connection that brings none is a dead one, though nobody closed it. */
const silenceMs = 150_000;

/** The lines of one watch; see `Kubernetes.watch`. */
export const watchEvents = async function* <Item>(
  converse: Converse,
  connection: Connection,
  of: Resource,
  ask: Ask & Selection & { readonly resourceVersion: string },
): AsyncGenerator<WatchEvent<Item>, void> {
  const { signal, resourceVersion, labelSelector, fieldSelector } = ask;
  const request = {
    verb: 'watch',
    method: 'GET',
    location: { of, namespace: connection.identity.namespace },
    query: {
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.round((shortestMs * (1 + Math.random())) / 1000),
      resourceVersion,
      labelSelector,
      fieldSelector,
    },
    changes: false,
    silenceMs,
    once: true,
    signal,
  } as const;
  const answer = await converse(request, async (incoming) => incoming);
  try {
    // The server has taken the watch: the beginning is a point to go on from, like every bookmark.
    yield { type: 'BOOKMARK', object: { metadata: { resourceVersion } } };
    for await (const line of linesOf(answer.chunks())) {
      if (line === '') continue;
      const event: Partial<Sent<Item>> | null | undefined = parsed(line);
      if (!isEvent(event)) throw notKubernetes(answer.headers['content-type'], connection);
      if (event.type === 'ERROR')
        throw answerFailure({ status: 500, body: JSON.stringify(event.object) }, request, connection);
      yield event;
    }
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    signal.throwIfAborted();
  } finally {
    answer.drop();
  }
};

/** As the server sends it: an `ERROR`, a Status, is thrown and not handed out. */
type Sent<Item> = WatchEvent<Item> | { readonly type: 'ERROR'; readonly object: unknown };

const isEvent = <Item>(value: Partial<Sent<Item>> | null | undefined): value is Sent<Item> =>
  value?.type !== undefined && value.object !== undefined;

/** Undefined for what is not JSON. */
const parsed = (line: string) => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};
