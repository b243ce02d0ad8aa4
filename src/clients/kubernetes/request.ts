import type { Resource } from './port.ts';

export interface Location {
  readonly of: Resource;
  readonly namespace: string;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** `/apis/apps/v1/namespaces/shop/deployments/checkout/scale?fieldManager=rb`: https://kubernetes.io/docs/reference/using-api/api-concepts/ */
export const pathOf = ({ of, namespace, name, subresource }: Location, query: Query = {}): string => {
  const parts = [
    ...(of.api.includes('/') ? ['apis', ...of.api.split('/')] : ['api', of.api]),
    'namespaces',
    namespace,
    of.plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) asked.set(key, String(value));
  return `/${parts.map(encodeURIComponent).join('/')}${asked.size === 0 ? '' : `?${asked.toString()}`}`;
};

/** `deployments.apps`, `pods`: as the server's own messages and `kubectl` name it. */
export const resourceName = ({ api, plural }: Resource): string => {
  const [group, version] = api.split('/');
  return version === undefined ? plural : `${plural}.${group}`;
};

/** `deployments.apps/checkout (scale)` */
export const shownLocation = ({ of, name, subresource }: Location): string =>
  `${resourceName(of)}${name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : ` (${subresource})`}`;

/** One request to the API server, in its own terms. */
export interface ApiRequest {
  /** As RBAC names it: get, list, watch, create, patch, delete. */
  readonly verb: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly location: Location;
  readonly query?: Query;
  readonly contentType?: string;
  readonly body?: string;
  /** It may change something: a dry run is none. */
  readonly changes: boolean;
  readonly signal: AbortSignal;
}
