import type { Json, JsonObject } from '../../engine/json.ts';
import type { Shape } from '../peer/shape.ts';

/** What tells one cluster, and the place in it, from another. Part of every target, so part of every plan hash. */
export interface ClusterIdentity extends JsonObject {
  readonly context: string;
  /** The API server's URL, as the context gives it. */
  readonly server: string;
  /** SHA-256, in hex and shortened to 16 characters, of the CA that the context trusts; `system` where it names none. */
  readonly ca: string;
  readonly namespace: string;
}

/** `pods` of the group and version `v1`, `deployments` of `apps/v1`. */
export interface Resource {
  readonly api: string;
  readonly plural: string;
  /** What its objects must be: an answer of another shape is an error. Those of subresources are not looked at. */
  readonly shape?: Shape<object>;
}

export interface Ask {
  readonly signal: AbortSignal;
}

export interface Selection {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** From which a watch goes on. */
  readonly resourceVersion: string;
}

/** What every object of a list has. */
export interface Listed {
  readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** One line of a watch, with its length. `BOOKMARK` carries nothing but a newer resourceVersion. */
export type WatchEvent<Item> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Item; readonly length?: number }
  | { readonly type: 'BOOKMARK'; readonly object: Listed };

export type PatchType = 'merge' | 'strategic' | 'json';

/**
 * The API server of one cluster, in the configured namespace. Objects are typed by the caller (`V1Deployment`, ...) and are
 * plain JSON: times are strings.
 * Errors: `RunbookError` of kind `unreachable` where the server does not answer, answers with what is over a limit
 * (`peer/limits.ts`) or of another shape, or does not let us in (401; 403 naming the verb
 * and the resource, both also an `ApiFailure`; TLS; exec plugins), `unknown` for a change whose answer did not come, else an
 * `ApiFailure`: `refused` for 409, for a disruption budget and for what the cluster's own policies forbid, `failed` for other 4xx.
 */
export interface Kubernetes {
  readonly identity: ClusterIdentity;
  get<Item>(of: Resource, name: string, ask: Ask & { readonly subresource?: string }): Promise<Item>;
  /** The same, undefined where there is none; also where the cluster does not know the resource. */
  find<Item>(of: Resource, name: string, ask: Ask): Promise<Item | undefined>;
  /** All of it, page after page. Undefined entries of a resource that the cluster does not know: an empty page with `resourceVersion` ''. */
  list<Item>(of: Resource, ask: Ask & Selection): Promise<Page<Item>>;
  /**
   * One connection's worth of events, from after `resourceVersion`; the first is a `BOOKMARK` of that same version, as soon as the
   * server has taken the watch. Ends when the server or the network ends it; throws an `ApiFailure` 410 when the version is too old.
   */
  watch<Item>(
    of: Resource,
    ask: Ask & Selection & { readonly resourceVersion: string },
  ): AsyncIterable<WatchEvent<Item>>;
  create<Item>(
    of: Resource,
    body: JsonObject,
    ask: Ask & Write & { readonly name?: string; readonly subresource?: string },
  ): Promise<Item>;
  patch<Item>(
    of: Resource,
    name: string,
    body: Json,
    ask: Ask & Write & { readonly type: PatchType; readonly subresource?: string },
  ): Promise<Item>;
  remove(
    of: Resource,
    name: string,
    ask: Ask & Write & { readonly propagation?: 'Foreground' | 'Background' | 'Orphan' },
  ): Promise<void>;
  /** The end of a container's log; empty where there is none. */
  log(
    pod: string,
    ask: Ask & { readonly container: string; readonly previous?: boolean; readonly tailLines: number },
  ): Promise<string>;
}

export interface Write {
  /** The server checks everything and stores nothing. */
  readonly dryRun?: boolean;
}
