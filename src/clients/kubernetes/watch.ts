import { parseJson } from '../peer/json.ts';
import { fields, oneOf } from '../peer/shape.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import { linesOf } from '../http/body.ts';
import { Broken } from '../http/broken.ts';
import type { Connection } from './connection.ts';
import type { Converse } from './conversation.ts';
import { answerFailure, notKubernetes, unusableAnswer } from './failure.ts';
import type { Ask, Resource, Selection, WatchEvent } from './port.ts';
import { anyObject, requireFit } from './read-objects.ts';

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
  const lastsMs = shortestMs * (1 + Math.random());
  const request = {
    verb: 'watch',
    method: 'GET',
    location: { of, namespace: connection.identity.namespace },
    query: {
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.round(lastsMs / 1000),
      resourceVersion,
      labelSelector,
      fieldSelector,
    },
    changes: false,
    silenceMs,
    wholeMs: lastsMs + silenceMs,
    once: true,
    signal,
  } as const;
  const answer = await converse(request, async (incoming) => incoming);
  try {
    // The server has taken the watch: the beginning is a point to go on from, like every bookmark.
    yield { type: 'BOOKMARK', object: { metadata: { resourceVersion } } };
    for await (const line of linesOf(answer.chunks())) {
      if (line === '') continue;
      const sent: Sent<Item> = parseJson(line, notKubernetes(answer.headers['content-type']));
      requireFit(sent, event, request.location);
      if (sent.type === 'ERROR')
        throw answerFailure({ status: 500, body: JSON.stringify(sent.object) }, request, connection);
      if (sent.type === 'BOOKMARK') yield sent;
      else {
        requireFit(sent.object, of.shape ?? anyObject, request.location);
        yield { type: sent.type, object: sent.object, length: line.length };
      }
    }
  } catch (error) {
    if (error instanceof UnusableAnswer) throw unusableAnswer(error, request, connection);
    if (!(error instanceof Broken)) throw error;
    signal.throwIfAborted();
  } finally {
    answer.drop();
  }
};

/** As the server sends it: an `ERROR`, a Status, is thrown and not handed out. */
type Sent<Item> = WatchEvent<Item> | { readonly type: 'ERROR'; readonly object: unknown };

const event = fields({ type: oneOf('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'), object: anyObject });
