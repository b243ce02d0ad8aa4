import { showYaml, withoutSecrets } from '../../config/show.ts';
import type { Rb } from '../section.ts';

/** Shows the configuration that is in effect; secrets as references. */
export const showConfiguration = async (rb: Rb): Promise<void> => {
  const loaded = await rb.configuration();
  await rb.document(await showYaml(loaded), withoutSecrets(loaded));
};
