import { versionOf } from './pods.ts';
import type { PodTemplate } from './objects.ts';
import type { Service } from './service.ts';
import type { Snapshot } from './snapshot.ts';

/** The image of the configured container in a template; the first where none is configured. */
export const imageOf = ({ config }: Pick<Service, 'config'>, template: PodTemplate): string | undefined => {
  const { containers = [] } = template.spec as {
    readonly containers?: readonly { readonly name: string; readonly image?: string }[];
  };
  const { annotations } = template.metadata as { readonly annotations?: Readonly<Record<string, string>> };
  const main = config.container ?? annotations?.['kubectl.kubernetes.io/default-container'];
  return (containers.find(({ name }) => name === main) ?? containers[0])?.image;
};

/** What people call the version that a template runs. */
export const templateVersion = (service: Pick<Service, 'config'>, template: PodTemplate): string => {
  const image = imageOf(service, template);
  return image === undefined ? 'unknown' : versionOf(image);
};

export const imageVersion = (service: Pick<Service, 'config'>, { template }: Snapshot): string =>
  templateVersion(service, template);
