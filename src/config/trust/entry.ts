import { RunbookError } from '../../engine/errors.ts';
import type { LoadedConfig } from '../file/load.ts';
import { createRedactor } from '../secrets/redaction.ts';
import { sha256 } from '../../files/sha256.ts';
import { registerLiteralSecrets } from '../show.ts';
import { realPathOf } from '../../files/real-path.ts';
import type { TrustEntry } from './store.ts';

/** What is written down when a configuration is trusted. Errors: `refused` where it changed while it was looked at. */
export const entryFor = async (loaded: LoadedConfig, at: Date, by: TrustEntry['by']): Promise<TrustEntry> => {
  const digest = sha256(loaded.source.text);
  // What was shown came from one text, and the one that was read last may be another.
  if (digest !== (await loaded.digest()))
    throw new RunbookError('refused', `${loaded.path} changed while it was read.`, { next: ['run the command again'] });
  return {
    version: 1,
    path: realPathOf(loaded.path),
    sha256: digest,
    at: at.toISOString(),
    by,
    content: textWithoutSecrets(loaded),
  };
};

/** The text of a configuration without the secrets that are written out in it. */
export const textWithoutSecrets = (loaded: LoadedConfig): string => {
  const redactor = createRedactor();
  registerLiteralSecrets(loaded, redactor);
  return redactor.redact(loaded.source.text);
};
