import { versionOf } from './pods.ts';
import type { PodTemplate } from './objects.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from './snapshot.ts';

/** The image of the configured container in a template; the first where none is configured. */
export const imageOf = ({ config }: Pick<Service, 'config'>, template: PodTemplate): string | undefined => {
  const { containers = [] } = template.spec;
  const main = config.container ?? template.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  return (containers.find(({ name }) => name === main) ?? containers[0])?.image;
};

/** What people call the version that a template runs. */
export const templateVersion = (service: Pick<Service, 'config'>, template: PodTemplate): string => {
  const image = imageOf(service, template);
  return image === undefined ? 'unknown' : versionOf(image);
};

export const imageVersion = (service: Pick<Service, 'config'>, { template }: Snapshot): string =>
  templateVersion(service, template);

/** The object has another UID than the one that was changed. */
export const createdAgain = ({ target }: Pick<Service, 'target'>): string =>
  `${target.name} was deleted and created again by another process`;
