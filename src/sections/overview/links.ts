import type { Config } from '../../config/schema.ts';

export interface Link {
  readonly name: string;
  readonly kind: 'dashboard' | 'document' | 'architecture';
  readonly url: string;
}

/** Everything of a service that `rb open` can open. */
export const links = (service: Config['service']): readonly Link[] => [
  ...Object.entries(service.dashboards ?? {}).map(([name, url]): Link => ({
    name,
    kind: 'dashboard',
    url: url,
  })),
  ...(service.architecture === undefined
    ? []
    : [{ name: 'architecture', kind: 'architecture' as const, url: service.architecture }]),
  ...Object.entries(service.documents ?? {}).map(([name, url]): Link => ({ name, kind: 'document', url: url })),
];
